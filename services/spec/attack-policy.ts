import { create } from '@bufbuild/protobuf';
import {
  AttackPolicyKind,
  type AttackPolicySpec,
  AttackPolicySpecSchema,
} from '../../proto/gen/winnow/v1/attack_policy_pb.ts';
import type { AttackSpec } from '../../proto/gen/winnow/v1/objective_pb.ts';
import { invalidField } from '../app-error.ts';

/** Published settings of Bullet-Train (Hua 2021): gamma, and 2 steps of 6/255 beside an attack with steps of 2/255. */
const DEFAULT_GAMMA = 0.8;
const DEFAULT_ROBUST_STEPS = 2;
const ROBUST_STEP_FACTOR = 3;

const DEFAULT_POOL_BATCHES = 4;
/** Larger pools would be attacked with weights that are many updates old. */
const MAX_POOL_BATCHES = 64;
const MAX_ROBUST_STEPS = 1000;

function resolveBulletTrain(policy: AttackPolicySpec, attack: AttackSpec, field: string): AttackPolicySpec {
  const gamma = policy.gamma ?? DEFAULT_GAMMA;
  const robustSteps = policy.robustSteps ?? DEFAULT_ROBUST_STEPS;
  const robustStepSize = policy.robustStepSize ?? Math.min(1, attack.stepSize * ROBUST_STEP_FACTOR);
  const poolBatches = policy.poolBatches ?? DEFAULT_POOL_BATCHES;
  if (!(gamma > 0 && gamma <= 1)) throw invalidField(`${field}.gamma`, `${gamma} is not in (0, 1]`);
  if (robustSteps > MAX_ROBUST_STEPS) {
    throw invalidField(`${field}.robust_steps`, `${robustSteps} is more than ${MAX_ROBUST_STEPS}`);
  }
  if (robustSteps > 0 && !(robustStepSize > 0 && robustStepSize <= 1)) {
    throw invalidField(`${field}.robust_step_size`, `${robustStepSize} is not in (0, 1]`);
  }
  if (poolBatches < 1 || poolBatches > MAX_POOL_BATCHES) {
    throw invalidField(`${field}.pool_batches`, `${poolBatches} is not in [1, ${MAX_POOL_BATCHES}]`);
  }
  return create(AttackPolicySpecSchema, { kind: policy.kind, gamma, robustSteps, robustStepSize, poolBatches });
}

/** An attack policy with its defaults filled in, for a resolved training attack. INVALID_FIELD below `field`. */
export function resolveAttackPolicy(
  policy: AttackPolicySpec | undefined,
  attack: AttackSpec,
  field: string,
): AttackPolicySpec {
  const kind = policy?.kind || AttackPolicyKind.FIXED;
  if (policy && kind === AttackPolicyKind.BULLET_TRAIN) return resolveBulletTrain(policy, attack, field);
  if (kind !== AttackPolicyKind.FIXED) {
    throw invalidField(`${field}.kind`, 'is not known; one of ATTACK_POLICY_KIND_FIXED, _BULLET_TRAIN');
  }
  for (const name of ['gamma', 'robustSteps', 'robustStepSize', 'poolBatches'] as const) {
    if (policy?.[name] !== undefined) {
      const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      throw invalidField(`${field}.${snake}`, 'is for BULLET_TRAIN; leave it unset');
    }
  }
  return create(AttackPolicySpecSchema, { kind });
}
