import { tf } from '../backend.ts';
import { deriveSeed, uniform } from '../random.ts';
import { ActiveRows, chooseRows, type Row } from './active-rows.ts';
import { type AttackContext, logitsOf } from './attack-context.ts';
import { margin } from './attack-losses.ts';
import type { EvaluationBatch } from './evaluation-batch.ts';

/** The ball and the queries of a Square run. */
export interface SquareOptions {
  /** Radius in pixel units of [0,1]. */
  readonly epsilon: number;
  /** Squares tried, after the query of the starting point. */
  readonly queries: number;
}

/** Share of the image that the first squares cover, AutoAttack's value. */
const FIRST_SHARE = 0.8;

/** Queries after which the share is halved (Andriushchenko 2020, section 5; not rescaled to the number of queries, as in AutoAttack). */
const HALVED_AFTER = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000] as const;

/** Random numbers of a query that say where its square is: its row and its column. One per channel follows, for its signs. */
const PLACE_DRAWS = 2;

/** Side of the square of a query, counted from 0, in pixels: at least 1 and no longer than the image's shorter side. */
export function squareSide(query: number, height: number, width: number): number {
  const halvings = HALVED_AFTER.filter((after) => query > after).length;
  const side = Math.round(Math.sqrt((FIRST_SHARE / 2 ** halvings) * height * width));
  return Math.min(Math.max(side, 1), height, width);
}

interface SquareRow extends Row {
  readonly draws: Float32Array;
  margin: number;
}

type SquareTensors = { clean: tf.Tensor4D; oneHot: tf.Tensor2D; best: tf.Tensor4D };
type Active = ActiveRows<SquareTensors, SquareRow>;

const sign = (draw: number) => (draw < 0.5 ? -1 : 1);

function clip(x: tf.Tensor, clean: tf.Tensor4D, epsilon: number): tf.Tensor4D {
  return tf.tidy(() => {
    const inBall = tf.minimum(tf.maximum(x, tf.sub(clean, epsilon)), tf.add(clean, epsilon));
    return tf.clipByValue(inBall, 0, 1) as tf.Tensor4D;
  });
}

/** Vertical stripes one pixel wide of random corners of the ball, the start of the attack. */
function stripes(batch: EvaluationBatch, epsilon: number, seed: bigint): tf.Tensor4D {
  const [, , width, channels] = batch.images.shape;
  return tf.tidy(() => {
    const draws = [...batch.indices].map((index) =>
      uniform([1, width, channels], deriveSeed(seed, 'square', 'start', index)),
    );
    const signs = tf.sub(tf.mul(tf.cast(tf.greaterEqual(tf.stack(draws), 0.5), 'float32'), 2), 1);
    return clip(tf.add(batch.images, tf.mul(signs, epsilon)), batch.images, epsilon);
  });
}

function margins(context: AttackContext, images: tf.Tensor4D, oneHot: tf.Tensor2D): Float32Array {
  return tf.tidy(() => margin(logitsOf(context, images), oneHot).dataSync() as Float32Array);
}

/** All random numbers of one example, [queries, 2 + C] in [0,1). */
function drawsOf(queries: number, channels: number, seed: bigint, index: number): Float32Array {
  const draws = uniform([queries, PLACE_DRAWS + channels], deriveSeed(seed, 'square', 'query', index));
  const values = draws.dataSync() as Float32Array;
  draws.dispose();
  return values;
}

/** Images of zeros with one square of +-2 epsilon per row, its place and its sign in each channel drawn. */
function squares(active: Active, query: number, epsilon: number): tf.Tensor4D {
  const [n, height, width, channels] = active.tensors.best.shape;
  const side = squareSide(query, height, width);
  const [rows, columns, signs] = [height, width, channels].map((size) => new Float32Array(n * size));
  for (const [i, { draws, done }] of active.rows.entries()) {
    if (done) continue;
    const drawn = draws.subarray(query * (PLACE_DRAWS + channels), (query + 1) * (PLACE_DRAWS + channels));
    const top = i * height + Math.floor(drawn[0] * (height - side + 1));
    const left = i * width + Math.floor(drawn[1] * (width - side + 1));
    rows.fill(1, top, top + side);
    columns.fill(1, left, left + side);
    signs.set(drawn.subarray(PLACE_DRAWS).map(sign), i * channels);
  }
  return tf.tidy(() => {
    const mask = tf.mul(tf.tensor4d(rows, [n, height, 1, 1]), tf.tensor4d(columns, [n, 1, width, 1]));
    return tf.mul(mask, tf.mul(tf.tensor4d(signs, [n, 1, 1, channels]), 2 * epsilon)) as tf.Tensor4D;
  });
}

function tryOne(context: AttackContext, active: Active, query: number, epsilon: number): void {
  const { clean, oneHot, best } = active.tensors;
  const tried = tf.tidy(() => clip(tf.add(best, squares(active, query, epsilon)), clean, epsilon));
  const found = margins(context, tried, oneHot);
  const better = active.rows.map((row, i) => {
    if (row.done || !(found[i] < row.margin)) return false;
    row.margin = found[i];
    row.done = found[i] < 0;
    return true;
  });
  active.update({ best: chooseRows(better, tried, best) });
  tried.dispose();
}

/**
 * Square Attack in the L-infinity ball (Andriushchenko 2020, algorithms 1 and 2): random search that uses the logits
 * alone, so that it is not misled by gradients. Gives for each example the point of least margin, or the first that the
 * model gets wrong: images [N,H,W,C] that the caller frees.
 */
export function square(
  context: AttackContext,
  batch: EvaluationBatch,
  { epsilon, queries }: SquareOptions,
  seed: bigint,
): tf.Tensor4D {
  const channels = batch.images.shape[3];
  return tf.tidy(() => {
    const start = stripes(batch, epsilon, seed);
    const begun = margins(context, start, batch.oneHot);
    const rows = Array.from(batch.indices, (index, i) => {
      const done = begun[i] < 0;
      return { done, margin: begun[i], draws: done ? new Float32Array() : drawsOf(queries, channels, seed, index) };
    });
    const active = new ActiveRows({ clean: batch.images.clone(), oneHot: batch.oneHot.clone(), best: start }, rows);
    for (let query = 0; query < queries && !active.allDone; query++) {
      active.dropDone();
      context.beforeStep?.();
      tryOne(context, active, query, epsilon);
    }
    return active.join();
  });
}
