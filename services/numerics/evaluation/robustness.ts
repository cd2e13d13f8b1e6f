import type { Budget } from '../attacks/craft.ts';
import { pgd } from '../attacks/pgd.ts';
import type { Start } from '../attacks/start.ts';
import { tf } from '../backend.ts';
import { crossEntropy, klDivergence } from '../losses.ts';
import type { Model } from '../models/model.ts';
import { deriveSeed } from '../random.ts';

/** The attack of an evaluation: PGD with restarts. */
export interface EvaluationAttack extends Budget {
  readonly loss: 'cross-entropy' | 'kl';
  readonly start: Start;
  /** Independent starts, at least 1. */
  readonly restarts: number;
}

/** Some test examples. */
export interface EvaluationBatch {
  /** Images [N,H,W,C] in [0,1]. */
  readonly images: tf.Tensor4D;
  /** Labels [N,C]. */
  readonly oneHot: tf.Tensor2D;
  /** Index of each example, which seeds its attack. */
  readonly indices: Uint32Array;
}

/** How many examples of a batch are right. */
export interface BatchAccuracy {
  readonly clean: number;
  readonly robust: number;
}

const EVALUATION = { training: false } as const;

function correctRows(model: Model, images: tf.Tensor4D, oneHot: tf.Tensor2D): Uint8Array {
  return tf.tidy(() => {
    const { logits } = model.forward(images, EVALUATION);
    return tf.equal(tf.argMax(logits, -1), tf.argMax(oneHot, -1)).dataSync() as Uint8Array;
  });
}

function attackOnce(
  model: Model,
  batch: EvaluationBatch,
  attack: EvaluationAttack,
  seed: bigint,
  restart: number,
): Uint8Array {
  return tf.tidy(() => {
    const clean = attack.loss === 'kl' ? model.forward(batch.images, EVALUATION).logits : undefined;
    const loss = (x: tf.Tensor4D) => {
      const { logits } = model.forward(x, EVALUATION);
      return clean ? klDivergence(clean, logits) : crossEntropy(logits, batch.oneHot);
    };
    const seeds = [...batch.indices].map((index) => deriveSeed(seed, 'evaluation', restart, index));
    return correctRows(model, pgd(batch.images, loss, attack, seeds), batch.oneHot);
  });
}

function keepRows(batch: EvaluationBatch, kept: Uint8Array): EvaluationBatch {
  const rows = [...kept.keys()].filter((row) => kept[row] !== 0);
  const at = tf.tensor1d(rows, 'int32');
  return {
    images: tf.gather(batch.images, at),
    oneHot: tf.gather(batch.oneHot, at),
    indices: Uint32Array.from(rows, (row) => batch.indices[row]),
  };
}

/**
 * Clean and robust accuracy of one batch; an example is robust if it is right clean and under every restart.
 * Only examples that are still right are attacked again. The result does not depend on how examples are batched.
 */
export function batchAccuracy(
  model: Model,
  batch: EvaluationBatch,
  attack: EvaluationAttack,
  seed: bigint,
): BatchAccuracy {
  return tf.tidy(() => {
    let correct = correctRows(model, batch.images, batch.oneHot);
    let standing = keepRows(batch, correct);
    const clean = standing.indices.length;
    for (let restart = 0; restart < attack.restarts && standing.indices.length > 0; restart++) {
      correct = attackOnce(model, standing, attack, seed, restart);
      standing = keepRows(standing, correct);
    }
    return { clean, robust: standing.indices.length };
  });
}
