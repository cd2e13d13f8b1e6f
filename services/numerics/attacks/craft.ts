import { tf } from '../backend.ts';
import type { Model } from '../models/model.ts';
import type { Objective } from '../objectives/objective.ts';
import type { PassCounter } from '../pass-counter.ts';
import { type BeforeStep, type PgdOptions, pgd } from './pgd.ts';
import type { NoiseSeed } from './start.ts';

/** Radius, step size and number of steps; pixel units of [0,1]. */
export type Budget = Omit<PgdOptions, 'start'>;

/** Some examples to attack. */
export interface AttackBatch {
  /** [N,H,W,C] in [0,1]. */
  readonly images: tf.Tensor4D;
  /** Labels [N,C] of 0 and 1. */
  readonly oneHot: tf.Tensor2D;
  /** Logits of the clean images in evaluation mode, where they are known already; saves a forward pass. */
  readonly cleanLogits?: tf.Tensor2D;
}

/** Evaluation mode: running statistics, no dropout. */
const EVALUATION = { training: false } as const;

/**
 * Attacks a batch with an objective's inner loss, the model in evaluation mode as TRADES and MART do.
 * Returns images [N,H,W,C] that the caller frees.
 */
export function craft(
  model: Model,
  objective: Objective,
  batch: AttackBatch,
  budget: Budget,
  seed: NoiseSeed,
  passes?: PassCounter,
  beforeStep?: BeforeStep,
): tf.Tensor4D {
  const { images, oneHot } = batch;
  const n = images.shape[0];
  return tf.tidy(() => {
    const measureClean = () => {
      passes?.forward(n);
      return model.forward(images, EVALUATION).logits;
    };
    const clean = objective.innerUsesClean ? (batch.cleanLogits ?? measureClean()) : undefined;
    passes?.both(n * budget.steps);
    const loss = (x: tf.Tensor4D) => {
      const adversarial = model.forward(x, EVALUATION).logits;
      return objective.innerLoss(clean ? { adversarial, clean } : { adversarial }, oneHot);
    };
    return pgd(images, loss, { ...budget, start: objective.start }, seed, beforeStep);
  });
}
