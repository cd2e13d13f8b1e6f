import { tf } from '../backend.ts';
import { type FrozenNetwork, withFrozen } from '../models/frozen-network.ts';
import type { Model } from '../models/model.ts';
import type { Objective } from '../objectives/objective.ts';
import type { PassCounter } from '../pass-counter.ts';
import type { NetworkPrecision } from '../precision.ts';
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

/** What attacks may be told beside what they attack. */
export interface AttackOptions {
  readonly passes?: PassCounter | undefined;
  /** Called before each step; throwing ends the attack. */
  readonly beforeStep?: BeforeStep | undefined;
  /** Arithmetic of the network in the attack's steps, float32 unless given; all that is compared is float32. */
  readonly precision?: NetworkPrecision | undefined;
}

/** Attacks a batch with an objective's inner loss. Returns images [N,H,W,C] that the caller frees. */
export function attackFrozen(
  network: FrozenNetwork,
  objective: Objective,
  { images, oneHot, cleanLogits }: AttackBatch,
  budget: Budget,
  seed: NoiseSeed,
  { passes, beforeStep, precision = 'f32' }: AttackOptions = {},
): tf.Tensor4D {
  const n = images.shape[0];
  return tf.tidy(() => {
    const measureClean = () => {
      passes?.forward(n);
      return network.forward(images).logits;
    };
    const clean = objective.innerUsesClean ? (cleanLogits ?? measureClean()) : undefined;
    passes?.both(n * budget.steps);
    const loss = (x: tf.Tensor4D, step: number) => {
      // a step from where the logits are almost the clean ones goes by differences that bfloat16 can't hold
      const adversarial = network.forward(x, clean && step === 0 ? 'f32' : precision).logits;
      return objective.innerLoss(clean ? { adversarial, clean } : { adversarial }, oneHot);
    };
    return pgd(images, loss, { ...budget, start: objective.start }, seed, beforeStep);
  });
}

/**
 * Attacks a batch with an objective's inner loss, the model in evaluation mode as TRADES and MART do. Returns images
 * [N,H,W,C] that the caller frees. For `precision` see AttackOptions.
 */
export function craft(
  model: Model,
  objective: Objective,
  batch: AttackBatch,
  budget: Budget,
  seed: NoiseSeed,
  passes?: PassCounter,
  beforeStep?: BeforeStep,
  precision?: NetworkPrecision,
): tf.Tensor4D {
  return withFrozen(model, (network) =>
    attackFrozen(network, objective, batch, budget, seed, { passes, beforeStep, precision }),
  );
}
