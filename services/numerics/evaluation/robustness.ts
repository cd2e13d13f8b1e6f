import type { Budget } from '../attacks/craft.ts';
import { type BeforeStep, pgd } from '../attacks/pgd.ts';
import type { Start } from '../attacks/start.ts';
import { tf } from '../backend.ts';
import { crossEntropy, klDivergence } from '../losses.ts';
import type { Model } from '../models/model.ts';
import { deriveSeed } from '../random.ts';
import { correctRows } from './correct-rows.ts';
import { type EvaluationBatch, takeExamples } from './evaluation-batch.ts';
import { Survivors } from './survivors.ts';

/** The attack of an evaluation: PGD with restarts. */
export interface EvaluationAttack extends Budget {
  readonly loss: 'cross-entropy' | 'kl';
  readonly start: Start;
  /** Independent starts, at least 1. */
  readonly restarts: number;
}

/** How many examples of a batch are right. */
export interface BatchAccuracy {
  readonly clean: number;
  readonly robust: number;
}

function attackOnce(
  model: Model,
  batch: EvaluationBatch,
  attack: EvaluationAttack,
  seed: bigint,
  restart: number,
  beforeStep?: BeforeStep,
): tf.Tensor4D {
  const forward = (x: tf.Tensor4D) => model.forward(x, { training: false }).logits;
  const clean = attack.loss === 'kl' ? forward(batch.images) : undefined;
  const loss = (x: tf.Tensor4D) => {
    const logits = forward(x);
    return clean ? klDivergence(clean, logits) : crossEntropy(logits, batch.oneHot);
  };
  const seeds = [...batch.indices].map((index) => deriveSeed(seed, 'evaluation', restart, index));
  return pgd(batch.images, loss, attack, seeds, beforeStep);
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
  beforeStep?: BeforeStep,
): BatchAccuracy {
  const survivors = new Survivors(batch.indices.length, 1 + attack.restarts);
  for (const { round, examples } of survivors.batches(batch.indices.length)) {
    const withstood = tf.tidy(() => {
      const standing = takeExamples(batch, examples);
      const images = round === 0 ? standing.images : attackOnce(model, standing, attack, seed, round - 1, beforeStep);
      return correctRows(model, images, standing.oneHot);
    });
    survivors.record(examples, withstood);
  }
  return { clean: survivors.survivorsOf(0), robust: survivors.standing };
}
