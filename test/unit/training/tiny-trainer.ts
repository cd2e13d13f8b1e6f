import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { type RunSpec, RunSpecSchema } from '../../../proto/gen/winnow/v1/run_pb.ts';
import type { Dataset } from '../../../services/dataset/dataset.ts';
import { modelForDataset } from '../../../services/dataset/tensor-batch.ts';
import { makeObjective } from '../../../services/numerics/objectives/make-objective.ts';
import { Sgd } from '../../../services/numerics/sgd.ts';
import { resolveRun } from '../../../services/spec/run.ts';
import { Ledger } from '../../../services/training/ledger.ts';
import type { Trainer } from '../../../services/training/train-epoch.ts';
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
  // normalised by the same figures whatever a test does to the pixels
  const model = modelForDataset(tinyDataset(), spec.model!, spec.seed);
  const trained = new Sgd(model.weights);
  const objective = makeObjective(spec.objective!);
  return { spec, dataset, model, objective, optimiser: trained, ledger: new Ledger(), augment: undefined, updates: 0 };
}

/** Frees a trainer's tensors. */
export function disposeTrainer({ model, optimiser: trained }: Trainer): void {
  trained.dispose();
  model.dispose();
}
