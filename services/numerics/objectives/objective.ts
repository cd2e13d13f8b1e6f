import type { tf } from '../backend.ts';

/** Logits of one batch; clean ones only where the objective uses them. */
export interface BatchLogits {
  readonly adversarial: tf.Tensor2D;
  readonly clean?: tf.Tensor2D;
}

/** A robust training objective: an inner loss to attack with and an outer loss to minimise. */
export interface Objective {
  readonly name: 'AT' | 'TRADES' | 'MART';
  /** Where its attack starts: uniform in the ball, or the clean image plus 0.001 N(0,1). */
  readonly start: 'uniform' | 'gaussian';
  /** Whether the inner loss compares with the clean logits. */
  readonly innerUsesClean: boolean;
  /** Whether the outer loss needs the clean logits. */
  readonly outerUsesClean: boolean;
  /** What the attack maximises, per example [N]; clean logits are constants here. */
  innerLoss(logits: BatchLogits, oneHot: tf.Tensor2D): tf.Tensor1D;
  /** What training minimises, per example [N]; gradient flows through both logits. */
  outerLoss(logits: BatchLogits, oneHot: tf.Tensor2D): tf.Tensor1D;
}
