import { tf } from '../backend.ts';
import { ActiveRows, chooseRows, distances, perRow, type Row } from './active-rows.ts';
import { type AttackContext, logitsOf, probe, targetsOfRank, wrongRows } from './attack-context.ts';
import { logitDifference } from './attack-losses.ts';
import type { EvaluationBatch } from './evaluation-batch.ts';
import { hyperplaneStep } from './hyperplane-step.ts';

/** What a targeted FAB run looks for. */
export interface FabOptions {
  readonly iterations: number;
  /** Rank of the target among the wrong classes at the clean image, from 1. */
  readonly targetRank: number;
  /** An example is done with once it is wrong within this distance, in pixel units of [0,1]. Without, it goes on to get nearer. */
  readonly enough?: number;
}

/** Where FAB got to. */
export interface FabResult {
  /** The nearest wrong points found, [N,H,W,C]; the clean images where none was. The caller frees them. */
  readonly images: tf.Tensor4D;
  /** L-infinity distance of each from its clean image; Infinity where none was found. */
  readonly distances: Float32Array;
}

/** Greatest weight of the step from the clean image (alpha_max), the published value. */
const MAX_BIAS = 0.1;

/** How far beyond the hyperplane a step goes (eta), the published value. */
const OVERSHOOT = 1.05;

/** Where a search goes on between the clean image, 0, and a wrong point, 1 (beta), the published value. */
const BACKWARD = 0.9;

/** Least length of a step, so that the ratio of two is defined. */
const LEAST_LENGTH = 1e-8;

interface FabRow extends Row {
  distance: number;
}

type FabTensors = {
  clean: tf.Tensor4D;
  oneHot: tf.Tensor2D;
  target: tf.Tensor2D;
  x: tf.Tensor4D;
  best: tf.Tensor4D;
};

const largest = (step: tf.Tensor2D) => tf.maximum(tf.max(tf.abs(step), 1, true), LEAST_LENGTH);

/** One step towards the linearised boundary, from x and from the clean image, weighed by their lengths. */
function stepToBoundary(
  clean: tf.Tensor4D,
  x: tf.Tensor4D,
  gradient: tf.Tensor4D,
  differences: Float32Array,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [flatClean, flatX, normal] = [clean, x, gradient].map((t) => t.reshape([t.shape[0], -1]) as tf.Tensor2D);
    const gap = tf.neg(tf.tensor1d(differences)) as tf.Tensor1D;
    const gapOfClean = tf.add(gap, tf.sum(tf.mul(normal, tf.sub(flatX, flatClean)), 1)) as tf.Tensor1D;
    const ownStep = hyperplaneStep(flatX, normal, gap);
    const cleanStep = hyperplaneStep(flatClean, normal, gapOfClean);
    const ownLength = largest(ownStep);
    const bias = tf.minimum(tf.div(ownLength, tf.add(ownLength, largest(cleanStep))), MAX_BIAS);
    const fromOwn = tf.mul(tf.add(flatX, tf.mul(ownStep, OVERSHOOT)), tf.sub(1, bias));
    const fromClean = tf.mul(tf.add(flatClean, tf.mul(cleanStep, OVERSHOOT)), bias);
    return tf.clipByValue(tf.add(fromOwn, fromClean), 0, 1).reshape(x.shape) as tf.Tensor4D;
  });
}

function iterate(context: AttackContext, active: ActiveRows<FabTensors, FabRow>, enough: number): void {
  const { clean, oneHot, target, x } = active.tensors;
  const { losses, gradient } = probe(context, x, oneHot, (logits) => logitDifference(logits, oneHot, target));
  const next = stepToBoundary(clean, x, gradient, losses);
  gradient.dispose();
  const wrong = tf.tidy(() => wrongRows(logitsOf(context, next), oneHot));
  const moved = tf.tidy(() => distances(next, clean).dataSync());
  const nearer = active.rows.map((row, i) => {
    if (row.done || !wrong[i] || !(moved[i] < row.distance)) return false;
    row.distance = moved[i];
    row.done = moved[i] <= enough;
    return true;
  });
  const share = [...wrong].map((isWrong) => (isWrong ? BACKWARD : 1));
  const back = tf.tidy(() => tf.add(clean, tf.mul(tf.sub(next, clean), perRow(share))) as tf.Tensor4D);
  active.update({ x: back, best: chooseRows(nearer, next, active.tensors.best) });
  next.dispose();
}

/**
 * Targeted FAB for the L-infinity norm (Croce and Hein 2020, "Minimally distorted adversarial examples", algorithm 1),
 * one start at the clean image: looks for the nearest point that the model gets wrong, whatever the radius.
 */
export function fab(context: AttackContext, batch: EvaluationBatch, options: FabOptions): FabResult {
  // distances are float32, and so must be what they are held against
  const enough = Math.fround(options.enough ?? 0);
  const rows = Array.from(batch.indices, () => ({ done: false, distance: Infinity }));
  const images = tf.tidy(() => {
    const clean = batch.images.clone();
    const target = targetsOfRank(context, batch, options.targetRank);
    const active = new ActiveRows({ clean, oneHot: batch.oneHot.clone(), target, x: clean, best: clean }, [...rows]);
    for (let iteration = 0; iteration < options.iterations && !active.allDone; iteration++) {
      context.beforeStep?.();
      iterate(context, active, enough);
      active.dropDone();
    }
    return active.join();
  });
  return { images, distances: Float32Array.from(rows, ({ distance }) => distance) };
}

/** Targeted FAB within a ball: the wrong points of at most this distance, and the clean images where there is none. The caller frees them. */
export function fabWithin(
  context: AttackContext,
  batch: EvaluationBatch,
  options: Omit<FabOptions, 'enough'>,
  epsilon: number,
): tf.Tensor4D {
  const found = fab(context, batch, { ...options, enough: epsilon });
  const within = Array.from(found.distances, (distance) => distance <= Math.fround(epsilon));
  const images = tf.tidy(() => chooseRows(within, found.images, batch.images).clone());
  found.images.dispose();
  return images;
}
