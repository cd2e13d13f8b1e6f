import { onTestFinished } from 'vitest';
import type { Dataset } from '../../../services/dataset/dataset.ts';
import type { Subset } from '../../../services/index-set/check-index-set.ts';
import { type EpochOutcome, trainEpoch } from '../../../services/training/train-epoch.ts';
import { disposeTrainer, type Trainer } from '../../../services/training/trainer.ts';
import { directContext } from '../direct-context.ts';
import { type SpecInit, tinyTrainer } from './tiny-trainer.ts';

/** A tiny trainer that is freed when the test ends. */
export function newTrainer(changes?: SpecInit, dataset?: Dataset): Trainer {
  const trainer = tinyTrainer(changes, dataset);
  onTestFinished(() => disposeTrainer(trainer));
  return trainer;
}

/** Trains from the first epoch on. */
export async function train(trainer: Trainer, epochs: number, subset?: Subset): Promise<EpochOutcome[]> {
  const outcomes: EpochOutcome[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    outcomes.push(await trainEpoch(trainer, epoch, subset, directContext(), () => {}));
  }
  return outcomes;
}

/** All weights after training, one after another. */
export async function weightsAfter(trainer: Trainer, epochs: number, subset?: Subset): Promise<number[]> {
  await train(trainer, epochs, subset);
  return [...trainer.model.weights.snapshot().values()].flatMap(({ data }) => [...data]);
}
