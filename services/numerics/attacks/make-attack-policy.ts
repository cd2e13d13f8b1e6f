import { AttackPolicyKind, type AttackPolicySpec } from '../../../proto/gen/winnow/v1/attack_policy_pb.ts';
import type { AttackPolicy } from './attack-policy.ts';
import { BulletTrain } from './bullet-train.ts';
import type { Budget } from './craft.ts';
import { fixedBudget } from './fixed-budget.ts';

/** The policy that a resolved AttackPolicySpec names, for the objective's attack; goes on from `state` where given. */
export function makeAttackPolicy(
  spec: AttackPolicySpec,
  attack: Budget,
  state?: Readonly<Record<string, number>>,
): AttackPolicy {
  if (spec.kind !== AttackPolicyKind.BULLET_TRAIN) return fixedBudget(attack);
  const { epsilon } = attack;
  return new BulletTrain(
    {
      boundary: attack,
      robust: { epsilon, steps: spec.robustSteps!, stepSize: spec.robustStepSize! },
      gamma: spec.gamma!,
      poolBatches: spec.poolBatches!,
    },
    state,
  );
}
