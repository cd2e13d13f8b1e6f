import type { BeforeStep } from '../attacks/pgd.ts';
import { tf } from '../backend.ts';
import type { Model } from '../models/model.ts';
import type { PassCounter } from '../pass-counter.ts';
import { classOfRank } from './attack-losses.ts';
import type { EvaluationBatch } from './evaluation-batch.ts';

/** What an attack of an evaluation works with. */
export interface AttackContext {
  /** Attacked in evaluation mode; a frozen network is faster. */
  readonly model: Pick<Model, 'forward'>;
  readonly passes?: PassCounter;
  /** Called before each iteration; throwing ends the attack. */
  readonly beforeStep?: BeforeStep;
}

/** Values per example of a loss, by logits [N,C]. */
export type LogitsLoss = (logits: tf.Tensor2D) => tf.Tensor1D;

/** A loss at some images, its gradient by them, and where the model is wrong there. */
export interface Probe {
  /** Per example. */
  readonly losses: Float32Array;
  /** 1 where the model is wrong, else 0. */
  readonly wrong: Uint8Array;
  /** [N,H,W,C]; the caller frees it. */
  readonly gradient: tf.Tensor4D;
}

/** Logits [N,C] of images [N,H,W,C]. */
export function logitsOf({ model, passes }: AttackContext, images: tf.Tensor4D): tf.Tensor2D {
  passes?.forward(images.shape[0]);
  return model.forward(images, { training: false }).logits;
}

/** 1 for each row of logits whose greatest is not at the label, else 0. */
export function wrongRows(logits: tf.Tensor2D, oneHot: tf.Tensor2D): Uint8Array {
  return tf.tidy(() => tf.notEqual(tf.argMax(logits, -1), tf.argMax(oneHot, -1)).dataSync() as Uint8Array);
}

/** One forward and one backward pass. */
export function probe(context: AttackContext, images: tf.Tensor4D, oneHot: tf.Tensor2D, loss: LogitsLoss): Probe {
  context.passes?.backward(images.shape[0]);
  let wrong = new Uint8Array();
  const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => {
    const logits = logitsOf(context, x as tf.Tensor4D);
    wrong = wrongRows(logits, oneHot) as typeof wrong;
    return loss(logits);
  })(images);
  const losses = value.dataSync() as Float32Array;
  value.dispose();
  return { losses, wrong, gradient: grad as tf.Tensor4D };
}

/** Target classes of a batch, as rows [N,C]: the `rank`-th likeliest wrong class at the clean images, from 1. */
export function targetsOfRank(context: AttackContext, batch: EvaluationBatch, rank: number): tf.Tensor2D {
  return tf.tidy(() => classOfRank(logitsOf(context, batch.images), batch.oneHot, rank));
}
