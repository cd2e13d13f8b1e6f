import type { RunSpec } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { AugmentOptions } from '../dataset/augment.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { modelForDataset } from '../dataset/tensor-batch.ts';
import type { AttackPolicy } from '../numerics/attacks/attack-policy.ts';
import { makeAttackPolicy } from '../numerics/attacks/make-attack-policy.ts';
import type { Model } from '../numerics/models/model.ts';
import { checkSnapshot } from '../numerics/models/safetensors.ts';
import { makeObjective } from '../numerics/objectives/make-objective.ts';
import type { Objective } from '../numerics/objectives/objective.ts';
import { Sgd } from '../numerics/sgd.ts';
import { Ledger } from './ledger.ts';
import type { SeenSignals } from './seen-signals.ts';
import type { TrainingState } from './training-state.ts';

/** All that training needs and keeps from one epoch to the next. */
export interface Trainer {
  /** Resolved. */
  readonly spec: RunSpec;
  readonly dataset: Dataset;
  readonly model: Model;
  readonly objective: Objective;
  readonly policy: AttackPolicy;
  readonly optimiser: Sgd;
  readonly ledger: Ledger;
  readonly augment: Omit<AugmentOptions, 'epoch'> | undefined;
  /** Updates done so far. */
  updates: number;
  /** Takes what the present epoch sees of its examples, where the next selection wants it. */
  seen?: SeenSignals | undefined;
}

/** A trainer with fresh weights, or with those of a state. Errors as modelForDataset; CORRUPT_CHECKPOINT for a state of another model. */
export function createTrainer(
  spec: RunSpec,
  dataset: Dataset,
  augment: Trainer['augment'],
  state?: TrainingState,
): Trainer {
  const model = modelForDataset(dataset, spec.model!, spec.seed);
  const trainer: Trainer = {
    spec,
    dataset,
    model,
    objective: makeObjective(spec.objective!),
    policy: makeAttackPolicy(spec.attackPolicy!, spec.objective!.attack!, state?.policy),
    optimiser: new Sgd(model.weights),
    ledger: new Ledger(state?.ledger),
    augment,
    updates: state?.updates ?? 0,
  };
  if (!state) return trainer;
  try {
    checkSnapshot(state.weights, model.weights.shapes());
    model.weights.load(state.weights);
    trainer.optimiser.load(state.velocities);
    return trainer;
  } catch (error) {
    disposeTrainer(trainer);
    throw error;
  }
}

/** Frees a trainer's tensors. */
export function disposeTrainer({ model, optimiser }: Trainer): void {
  optimiser.dispose();
  model.dispose();
}
