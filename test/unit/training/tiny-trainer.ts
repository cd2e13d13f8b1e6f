import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { type RunSpec, RunSpecSchema } from '../../../proto/gen/winnow/v1/run_pb.ts';
import type { Dataset } from '../../../services/dataset/dataset.ts';
import { resolveRun } from '../../../services/spec/run.ts';
import { createTrainer, type Trainer } from '../../../services/training/trainer.ts';
import { tinyDataset } from '../tiny-dataset.ts';

/** Fields of a run's spec. */
export type SpecInit = Omit<MessageInitShape<typeof RunSpecSchema>, '$typeName' | '$unknown'>;

/** The peak rate at which the tiny network learns the tiny data set in a few epochs. */
export const optimiser = { learningRate: 0.02, momentum: 0.9, weightDecay: 5e-4 };

/** The resolved spec of a tiny run, its network without BatchNorm. */
export function tinySpec(changes: SpecInit = {}): RunSpec {
  return resolveRun(
    create(RunSpecSchema, {
      dataset: { name: 'tiny' },
      model: { architecture: 'small-cnn', dropout: 0 },
      objective: { kind: ObjectiveKind.AT, attack: { epsilon: 0.1, stepSize: 0.05, steps: 2 } },
      optimiser,
      epochs: 4,
      batchSize: 16,
      seed: 3n,
      ...changes,
    } as MessageInitShape<typeof RunSpecSchema>),
  );
}

/** A trainer of a network without BatchNorm, so that an example acts on an update through its own gradient alone. */
export function tinyTrainer(changes: SpecInit = {}, dataset: Dataset = tinyDataset()): Trainer {
  const spec = tinySpec(changes);
  const trainer = createTrainer(spec, tinyDataset(), undefined);
  // the model stays normalised by the same figures whatever a test does to the pixels
  return { ...trainer, dataset };
}
