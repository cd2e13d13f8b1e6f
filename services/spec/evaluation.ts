import { create } from '@bufbuild/protobuf';
import { type AutoAttackSpec, AutoAttackSpecSchema } from '../../proto/gen/winnow/v1/autoattack_pb.ts';
import type { AttackSpec } from '../../proto/gen/winnow/v1/objective_pb.ts';
import type { EvaluateModelRequest } from '../../proto/gen/winnow/v1/training_service_pb.ts';
import { invalidField } from '../app-error.ts';
import { resolveEvaluationAttack } from './attack.ts';

/** The attacks of an evaluation, one of them at least. */
export interface EvaluationAttacks {
  readonly attack?: AttackSpec;
  readonly autoAttack?: AutoAttackSpec;
}

/**
 * The attacks that a request asks for, defaults filled in. INVALID_FIELD for a radius out of range, for two radii (what
 * survives both attacks would be robust at neither), and where there is no attack at all.
 */
export function resolveEvaluation({ attack, autoAttack }: EvaluateModelRequest): EvaluationAttacks {
  if (!attack && !autoAttack)
    throw invalidField('attack', 'is missing, and so is auto_attack; give one of them, or both');
  const pgd = attack && resolveEvaluationAttack(attack, 'attack');
  if (!autoAttack) return { attack: pgd! };
  const { epsilon } = autoAttack;
  if (!(epsilon >= 0 && epsilon <= 1)) {
    throw invalidField('auto_attack.epsilon', `${epsilon} is not in [0, 1]; pixels are scaled to [0, 1]`);
  }
  if (pgd && pgd.epsilon !== epsilon) {
    const remedy = 'give both the same radius, or evaluate twice';
    throw invalidField('auto_attack.epsilon', `${epsilon} is not attack.epsilon, which is ${pgd.epsilon}; ${remedy}`);
  }
  return { ...(pgd && { attack: pgd }), autoAttack: create(AutoAttackSpecSchema, { epsilon }) };
}
