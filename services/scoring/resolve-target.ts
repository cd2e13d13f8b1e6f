import type { DatasetSpec } from '../../proto/gen/winnow/v1/dataset_pb.ts';
import type { CheckpointRef, ModelSpec, Precision } from '../../proto/gen/winnow/v1/model_pb.ts';
import type { AttackSpec, ObjectiveSpec } from '../../proto/gen/winnow/v1/objective_pb.ts';
import { invalidField } from '../app-error.ts';
import { resolveTrainingAttack } from '../spec/attack.ts';
import { resolveCheckpoint } from '../spec/checkpoint.ts';
import { resolveModel } from '../spec/model.ts';
import { resolveObjective } from '../spec/objective.ts';
import { resolvePrecision } from '../spec/precision.ts';

/** What a ScoringTarget and a SelectionRequested have in common. */
export interface TargetFields {
  readonly dataset?: DatasetSpec | undefined;
  readonly model?: ModelSpec | undefined;
  readonly checkpoint?: CheckpointRef | undefined;
  readonly objective?: ObjectiveSpec | undefined;
  readonly seed: bigint;
  readonly precision: Precision;
}

/** A target with every default filled in, its checkpoint still to be fetched. */
export interface ResolvedTarget {
  readonly dataset: DatasetSpec;
  readonly model: ModelSpec;
  readonly checkpoint?: CheckpointRef;
  readonly objective: ObjectiveSpec;
  readonly attack: AttackSpec;
  readonly seed: bigint;
  readonly precision: Precision;
}

/** Checks a scoring target; the scoring attack is the objective's where none is given. INVALID_FIELD below `target`. */
export function resolveTarget(
  target: TargetFields | undefined,
  attack: AttackSpec | undefined,
  attackField: string,
): ResolvedTarget {
  if (!target) throw invalidField('target', 'is missing; give dataset, model and objective');
  if (!target.dataset) throw invalidField('target.dataset', 'is missing; give its name');
  const precision = resolvePrecision(target.precision, 'target.precision');
  const objective = resolveObjective(target.objective, 'target.objective');
  return {
    dataset: target.dataset,
    model: resolveModel(target.model, 'target.model'),
    ...(target.checkpoint && { checkpoint: resolveCheckpoint(target.checkpoint, 'target.checkpoint') }),
    objective,
    attack: attack ? resolveTrainingAttack(attack, attackField) : objective.attack!,
    seed: target.seed,
    precision,
  };
}
