import { tf } from '../backend.ts';
import type { Model } from '../models/model.ts';
import type { Objective } from '../objectives/objective.ts';
import type { PassCounter } from '../pass-counter.ts';
import { type BeforeStep, type PgdOptions, pgd } from './pgd.ts';
import type { NoiseSeed } from './start.ts';

/** Radius, step size and number of steps; pixel units of [0,1]. */
export type Budget = Omit<PgdOptions, 'start'>;

/** Evaluation mode: running statistics, no dropout. */
const EVALUATION = { training: false } as const;

/**
 * Attacks a batch with an objective's inner loss, the model in evaluation mode as TRADES and MART do.
 * images [N,H,W,C] in [0,1], oneHot [N,C]. Returns images that the caller frees.
 */
export function craft(
  model: Model,
  objective: Objective,
  batch: { readonly images: tf.Tensor4D; readonly oneHot: tf.Tensor2D },
  budget: Budget,
  seed: NoiseSeed,
  passes?: PassCounter,
  beforeStep?: BeforeStep,
): tf.Tensor4D {
  const { images, oneHot } = batch;
  const n = images.shape[0];
  return tf.tidy(() => {
    const clean = objective.innerUsesClean ? model.forward(images, EVALUATION).logits : undefined;
    if (clean) passes?.forward(n);
    passes?.both(n * budget.steps);
    const loss = (x: tf.Tensor4D) => {
      const adversarial = model.forward(x, EVALUATION).logits;
      return objective.innerLoss(clean ? { adversarial, clean } : { adversarial }, oneHot);
    };
    return pgd(images, loss, { ...budget, start: objective.start }, seed, beforeStep);
  });
}
