import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { AttackSpecSchema, ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { ScoringTargetSchema } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { resolveTarget } from '../../../services/scoring/resolve-target.ts';
import { expectRefused, UNKNOWN_VALUE } from '../spec/refusal.ts';

type TargetInit = Omit<MessageInitShape<typeof ScoringTargetSchema>, '$typeName' | '$unknown'>;

const attack = create(AttackSpecSchema, { epsilon: 0.1, stepSize: 0.05, steps: 2 });
const resolve = (changes: TargetInit = {}, own?: typeof attack) => {
  const target = create(ScoringTargetSchema, {
    dataset: { name: 'mnist' },
    model: { architecture: 'resnet' },
    objective: { kind: ObjectiveKind.TRADES, attack },
    seed: 5n,
    ...changes,
  } as TargetInit);
  return resolveTarget(target, own, 'selection.attack');
};

describe('resolveTarget', () => {
  test("fills in defaults and scores under the objective's attack", () => {
    const target = resolve();
    expect(target).toMatchObject({ dataset: { name: 'mnist' }, model: { depth: 8 }, objective: { beta: 6 }, seed: 5n });
    expect(target.attack).toEqual(attack);
    expect('checkpoint' in target).toBe(false);
    const sha256 = 'ab'.repeat(32);
    expect(resolve({ checkpoint: { sha256 } }).checkpoint).toMatchObject({ sha256 });
  });

  test('scores under an attack of its own where one is given', () => {
    const weaker = create(AttackSpecSchema, { epsilon: 0.1, stepSize: 0.1, steps: 1 });
    expect(resolve({}, weaker).attack).toEqual(weaker);
    expect(resolve({}, weaker).objective.attack).toEqual(attack);
  });

  test.each<[string, TargetInit]>([
    ['target.dataset', { dataset: undefined } as unknown as TargetInit],
    ['target.model.architecture', { model: {} }],
    ['target.model.depth', { model: { architecture: 'resnet', depth: 9 } }],
    ['target.objective', { objective: undefined } as unknown as TargetInit],
    ['target.objective.attack', { objective: { kind: ObjectiveKind.AT } }],
    ['target.checkpoint.sha256', { checkpoint: {} }],
    ['target.checkpoint.sha256', { checkpoint: { sha256: 'AB'.repeat(32) } }],
    ['target.precision', { precision: UNKNOWN_VALUE }],
  ])('refuses %s: %o', (field, changes) => {
    expectRefused(() => resolve(changes), field);
  });

  test('needs a target, and names the field of its own attack', () => {
    expectRefused(() => resolveTarget(undefined, undefined, 'attack'), 'target');
    const bad = create(AttackSpecSchema, { epsilon: 2 });
    expectRefused(() => resolve({}, bad), 'selection.attack.epsilon');
  });
});
