import { create } from '@bufbuild/protobuf';
import { ObjectiveKind, type ObjectiveSpec, ObjectiveSpecSchema } from '../../proto/gen/winnow/v1/objective_pb.ts';
import { invalidField } from '../app-error.ts';
import { resolveTrainingAttack } from './attack.ts';

/** Weights of the robust terms in the papers' CIFAR experiments (Zhang 2019, Wang 2020). */
const DEFAULT_BETA = 6;
const DEFAULT_LAMBDA = 5;

const KINDS: readonly ObjectiveKind[] = [ObjectiveKind.AT, ObjectiveKind.TRADES, ObjectiveKind.MART];

function weight(name: 'beta' | 'lambda', given: number | undefined, fallback: number, field: string): number {
  const value = given ?? fallback;
  if (!(value >= 0 && Number.isFinite(value)))
    throw invalidField(`${field}.${name}`, `${value} is not a finite number of at least 0`);
  return value;
}

/** An objective with its defaults filled in. INVALID_FIELD names the field below `field`. */
export function resolveObjective(objective: ObjectiveSpec | undefined, field: string): ObjectiveSpec {
  if (!objective) throw invalidField(field, 'is missing; give kind and attack');
  return create(ObjectiveSpecSchema, {
    ...resolveLoss(objective, field),
    attack: resolveTrainingAttack(objective.attack, `${field}.attack`),
  });
}

/** An objective's loss with its defaults filled in; its attack is not read. INVALID_FIELD names the field below `field`. */
export function resolveLoss(objective: ObjectiveSpec | undefined, field: string): ObjectiveSpec {
  if (!objective) throw invalidField(field, 'is missing; give its kind');
  const { kind, beta, lambda } = objective;
  if (!KINDS.includes(kind)) {
    throw invalidField(`${field}.kind`, 'is not known; one of OBJECTIVE_KIND_AT, _TRADES, _MART');
  }
  if (beta !== undefined && kind !== ObjectiveKind.TRADES)
    throw invalidField(`${field}.beta`, 'is for TRADES; leave it unset');
  if (lambda !== undefined && kind !== ObjectiveKind.MART)
    throw invalidField(`${field}.lambda`, 'is for MART; leave it unset');
  return create(ObjectiveSpecSchema, {
    kind,
    ...(kind === ObjectiveKind.TRADES && { beta: weight('beta', beta, DEFAULT_BETA, field) }),
    ...(kind === ObjectiveKind.MART && { lambda: weight('lambda', lambda, DEFAULT_LAMBDA, field) }),
  });
}
