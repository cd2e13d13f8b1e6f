import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { AttackPolicyKind, AttackPolicySpecSchema } from '../../../proto/gen/winnow/v1/attack_policy_pb.ts';
import { AttackSpecSchema } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { resolveAttackPolicy } from '../../../services/spec/attack-policy.ts';
import { expectRefused, UNKNOWN_VALUE } from './refusal.ts';

type PolicyInit = Omit<MessageInitShape<typeof AttackPolicySpecSchema>, '$typeName' | '$unknown'>;

const { FIXED, BULLET_TRAIN } = AttackPolicyKind;
const attack = create(AttackSpecSchema, { epsilon: 8 / 255, stepSize: 2 / 255, steps: 10 });
const policy = (init: PolicyInit) => create(AttackPolicySpecSchema, init);
const resolve = (init: PolicyInit, stepSize = attack.stepSize) =>
  resolveAttackPolicy(policy(init), { ...attack, stepSize }, 'p');

describe('resolveAttackPolicy', () => {
  test('is the fixed budget where nothing is asked for', () => {
    expect(resolveAttackPolicy(undefined, attack, 'p')).toEqual(policy({ kind: FIXED }));
    expect(resolve({})).toEqual(policy({ kind: FIXED }));
  });

  test("fills in Bullet-Train's published settings, for 2/255 as for any step", () => {
    expect(resolve({ kind: BULLET_TRAIN })).toMatchObject({ gamma: 0.8, robustSteps: 2, poolBatches: 4 });
    expect(resolve({ kind: BULLET_TRAIN }).robustStepSize).toBeCloseTo(6 / 255, 12);
    expect(resolve({ kind: BULLET_TRAIN }, 0.5).robustStepSize).toBe(1);
    expect(resolve({ kind: BULLET_TRAIN, robustSteps: 0, gamma: 1 })).toMatchObject({ robustSteps: 0, gamma: 1 });
  });

  test.each([FIXED, BULLET_TRAIN])('twice is once: %s', (kind) => {
    const once = resolve({ kind });
    expect(resolveAttackPolicy(once, attack, 'p')).toEqual(once);
  });

  test.each<[string, PolicyInit]>([
    ['kind', { kind: UNKNOWN_VALUE }],
    ['gamma', { kind: FIXED, gamma: 0.8 }],
    ['robust_steps', { kind: FIXED, robustSteps: 2 }],
    ['robust_step_size', { robustStepSize: 0.1 }],
    ['pool_batches', { kind: FIXED, poolBatches: 1 }],
    ['gamma', { kind: BULLET_TRAIN, gamma: 0 }],
    ['gamma', { kind: BULLET_TRAIN, gamma: 1.1 }],
    ['gamma', { kind: BULLET_TRAIN, gamma: Number.NaN }],
    ['robust_steps', { kind: BULLET_TRAIN, robustSteps: 1001 }],
    ['robust_step_size', { kind: BULLET_TRAIN, robustStepSize: 0 }],
    ['robust_step_size', { kind: BULLET_TRAIN, robustStepSize: Number.POSITIVE_INFINITY }],
    ['pool_batches', { kind: BULLET_TRAIN, poolBatches: 0 }],
    ['pool_batches', { kind: BULLET_TRAIN, poolBatches: 65 }],
  ])('refuses %s: %o', (field, init) => {
    expectRefused(() => resolve(init), `p.${field}`);
  });
});
