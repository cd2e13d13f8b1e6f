import type { RunSpec } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { AugmentOptions } from '../dataset/augment.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { modelForDataset } from '../dataset/tensor-batch.ts';
import type { AttackPolicy } from '../numerics/attacks/attack-policy.ts';
import { makeAttackPolicy } from '../numerics/attacks/make-attack-policy.ts';
import type { Model } from '../numerics/models/model.ts';
import { makeObjective } from '../numerics/objectives/make-objective.ts';
import type { Objective } from '../numerics/objectives/objective.ts';
import { Sgd } from '../numerics/sgd.ts';
import { Ledger } from './ledger.ts';
import type { SeenSignals } from './seen-signals.ts';

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

/** A trainer with fresh weights. Errors as modelForDataset. */
export function createTrainer(spec: RunSpec, dataset: Dataset, augment: Trainer['augment']): Trainer {
  const model = modelForDataset(dataset, spec.model!, spec.seed);
  return {
    spec,
    dataset,
    model,
    objective: makeObjective(spec.objective!),
    policy: makeAttackPolicy(spec.attackPolicy!, spec.objective!.attack!),
    optimiser: new Sgd(model.weights),
    ledger: new Ledger(),
    augment,
    updates: 0,
  };
}

/** Frees a trainer's tensors. */
export function disposeTrainer({ model, optimiser }: Trainer): void {
  optimiser.dispose();
  model.dispose();
}
