import { startingNoise } from '../attacks/start.ts';
import { tf } from '../backend.ts';
import { crossEntropy } from '../losses.ts';
import { deriveSeed } from '../random.ts';
import { ActiveRows, chooseRows, perRow, type Row } from './active-rows.ts';
import { ApgdStepSize, checkpoints } from './apgd-step-size.ts';
import { type AttackContext, type Probe, probe, targetsOfRank } from './attack-context.ts';
import { targetedDlr } from './attack-losses.ts';
import type { EvaluationBatch } from './evaluation-batch.ts';

/** The ball and the loss of an APGD run. */
export interface ApgdOptions {
  /** Radius in pixel units of [0,1]. */
  readonly epsilon: number;
  readonly iterations: number;
  /**
   * Rank of the target among the wrong classes at the clean image, from 1: the loss is the targeted DLR.
   * Untargeted cross-entropy where absent.
   */
  readonly targetRank?: number;
}

/** Weight of the new step; the rest is momentum along the last one (alpha). */
const STEP_WEIGHT = 0.75;

/** Size of the first step, in radii. */
const FIRST_STEP_RADII = 2;

/** Divisor of a start whose noise is all 0. */
const LEAST_NOISE = 1e-12;

interface ApgdRow extends Row {
  readonly step: ApgdStepSize;
}

type ApgdTensors = {
  clean: tf.Tensor4D;
  oneHot: tf.Tensor2D;
  /** Target classes; the labels where there is none. */
  target: tf.Tensor2D;
  x: tf.Tensor4D;
  previous: tf.Tensor4D;
  gradient: tf.Tensor4D;
  best: tf.Tensor4D;
  bestGradient: tf.Tensor4D;
};

function projectOnto(clean: tf.Tensor4D, epsilon: number): (x: tf.Tensor) => tf.Tensor4D {
  const lower = tf.maximum(tf.sub(clean, epsilon), 0);
  const upper = tf.minimum(tf.add(clean, epsilon), 1);
  return (x) => tf.minimum(tf.maximum(x, lower), upper) as tf.Tensor4D;
}

/** Random points on the ball's surface, per example, clipped to [0,1]. */
function startingPoints(batch: EvaluationBatch, { epsilon, targetRank }: ApgdOptions, seed: bigint): tf.Tensor4D {
  return tf.tidy(() => {
    const seeds = [...batch.indices].map((index) => deriveSeed(seed, 'apgd', targetRank ?? 'untargeted', index));
    const noise = startingNoise(batch.images, 'uniform', 1, seeds);
    const largest = tf.maximum(tf.max(tf.abs(noise), [1, 2, 3], true), LEAST_NOISE);
    return projectOnto(batch.images, epsilon)(tf.add(batch.images, tf.mul(tf.div(noise, largest), epsilon)));
  });
}

/** Auto-PGD on one batch. */
class Apgd {
  readonly #context: AttackContext;
  readonly #options: ApgdOptions;
  readonly #active: ActiveRows<ApgdTensors, ApgdRow>;

  constructor(context: AttackContext, batch: EvaluationBatch, options: ApgdOptions, seed: bigint) {
    this.#context = context;
    this.#options = options;
    const oneHot = batch.oneHot.clone();
    const ranked = options.targetRank !== undefined;
    const target = ranked ? targetsOfRank(context, batch, options.targetRank!) : oneHot;
    const x = startingPoints(batch, options, seed);
    const { losses, wrong, gradient } = this.#probe({ x, oneHot, target });
    this.#active = new ActiveRows(
      { clean: batch.images.clone(), oneHot, target, x, previous: x, gradient, best: x, bestGradient: gradient },
      Array.from(losses, (loss, row) => ({
        done: wrong[row] === 1,
        step: new ApgdStepSize(FIRST_STEP_RADII * options.epsilon, loss),
      })),
    );
  }

  run(): tf.Tensor4D {
    const halts = new Set(checkpoints(this.#options.iterations));
    for (let iteration = 1; iteration <= this.#options.iterations; iteration++) {
      this.#active.dropDone();
      if (this.#active.allDone) break;
      this.#context.beforeStep?.();
      // there is no last step to go on along yet at the first
      this.#move(iteration === 1 ? 1 : STEP_WEIGHT);
      this.#look();
      if (halts.has(iteration)) this.#adaptSteps();
    }
    return this.#active.join();
  }

  #probe({ x, oneHot, target }: Pick<ApgdTensors, 'x' | 'oneHot' | 'target'>): Probe {
    const targeted = this.#options.targetRank !== undefined;
    return probe(this.#context, x, oneHot, (logits) =>
      targeted ? targetedDlr(logits, oneHot, target) : crossEntropy(logits, oneHot),
    );
  }

  #move(weight: number): void {
    const { clean, x, previous, gradient } = this.#active.tensors;
    const sizes = this.#active.rows.map(({ step }) => step.size);
    const next = tf.tidy(() => {
      const project = projectOnto(clean, this.#options.epsilon);
      const stepped = project(tf.add(x, tf.mul(tf.sign(gradient), perRow(sizes))));
      const momentum = tf.mul(tf.sub(x, previous), 1 - weight);
      return project(tf.addN([x, tf.mul(tf.sub(stepped, x), weight), momentum]));
    });
    this.#active.update({ previous: x, x: next });
  }

  #look(): void {
    const { tensors, rows } = this.#active;
    const { losses, wrong, gradient } = this.#probe(tensors);
    const better = rows.map((row, i) => {
      if (row.done) return false;
      row.done = wrong[i] === 1;
      return row.step.observe(losses[i]) || row.done;
    });
    this.#active.update({
      gradient,
      best: chooseRows(better, tensors.x, tensors.best),
      bestGradient: chooseRows(better, gradient, tensors.bestGradient),
    });
  }

  #adaptSteps(): void {
    const { x, best, gradient, bestGradient } = this.#active.tensors;
    const halved = this.#active.rows.map(({ step }) => step.check());
    this.#active.update({
      x: chooseRows(halved, best, x),
      gradient: chooseRows(halved, bestGradient, gradient),
    });
  }
}

/**
 * Auto-PGD in the L-infinity ball (Croce and Hein 2020, algorithm 1): momentum 0.75, first step 2 epsilon, halved at
 * checkpoints where progress stalls. Gives for each example the first point that the model gets wrong, or else the one
 * of greatest loss: images [N,H,W,C] that the caller frees. The targeted loss takes four classes or more.
 */
export function apgd(context: AttackContext, batch: EvaluationBatch, options: ApgdOptions, seed: bigint): tf.Tensor4D {
  return tf.tidy(() => new Apgd(context, batch, options, seed).run());
}
