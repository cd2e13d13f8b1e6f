import { create } from '@bufbuild/protobuf';
import { DatasetSpecSchema } from '../../../proto/gen/winnow/v1/dataset_pb.ts';
import { ModelSpecSchema } from '../../../proto/gen/winnow/v1/model_pb.ts';
import { AttackSpecSchema, ObjectiveKind, ObjectiveSpecSchema } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import type { Target } from '../../../services/scoring/score-messages.ts';
import { resolveObjective } from '../../../services/spec/objective.ts';

const attack = create(AttackSpecSchema, { epsilon: 0.1, stepSize: 0.05, steps: 2 });

/** A target whose model is the smallest there is, with BatchNorm, drawn from the seed. */
export function tinyTarget(kind: ObjectiveKind = ObjectiveKind.TRADES, changes: Partial<Target> = {}): Target {
  return {
    dataset: create(DatasetSpecSchema, { name: 'tiny' }),
    model: create(ModelSpecSchema, { architecture: 'resnet', depth: 8, width: 2 }),
    objective: resolveObjective(create(ObjectiveSpecSchema, { kind, attack }), 'objective'),
    attack,
    seed: 9n,
    ...changes,
  };
}
