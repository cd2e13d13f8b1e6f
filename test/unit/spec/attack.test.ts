import { create, type MessageInitShape } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AttackLoss, AttackSpecSchema, AttackStart } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { attackName, resolveEvaluationAttack, resolveTrainingAttack } from '../../../services/spec/attack.ts';
import { expectRefused, UNKNOWN_VALUE } from './refusal.ts';

type AttackInit = Omit<MessageInitShape<typeof AttackSpecSchema>, '$typeName' | '$unknown'>;

const attack = (changes: AttackInit = {}) =>
  create(AttackSpecSchema, { epsilon: 8 / 255, stepSize: 2 / 255, steps: 10, ...changes } as AttackInit);

const BAD_BUDGETS: [string, AttackInit][] = [
  ['epsilon', { epsilon: -0.01 }],
  ['epsilon', { epsilon: 1.01 }],
  ['epsilon', { epsilon: Number.NaN }],
  ['epsilon', { epsilon: Number.POSITIVE_INFINITY }],
  ['steps', { steps: 1001 }],
  ['step_size', { stepSize: 0 }],
  ['step_size', { stepSize: -0.1 }],
  ['step_size', { stepSize: 1.5 }],
  ['step_size', { stepSize: Number.NaN }],
  ['step_size', { stepSize: Number.POSITIVE_INFINITY }],
];

describe.each([
  ['training', resolveTrainingAttack],
  ['evaluation', resolveEvaluationAttack],
] as const)('an attack of %s', (_name, resolve) => {
  test.each(BAD_BUDGETS)('is refused for its %s: %o', (field, changes) => {
    expectRefused(() => resolve(attack(changes), 'a.attack'), `a.attack.${field}`);
  });

  test('has to be there', () => {
    expect(expectRefused(() => resolve(undefined, 'a.attack'), 'a.attack')).toContain('epsilon, step_size and steps');
  });

  test('may reach its bounds', () => {
    for (const epsilon of [0, 1]) expect(resolve(attack({ epsilon }), 'a').epsilon).toBe(epsilon);
    expect(resolve(attack({ steps: 1000, stepSize: 1 }), 'a').steps).toBe(1000);
  });

  test('without steps needs no step size', () => {
    expect(resolve(attack({ steps: 0, stepSize: 0 }), 'a').steps).toBe(0);
  });
});

describe('resolveTrainingAttack', () => {
  test.each<[string, AttackInit]>([
    ['loss', { loss: AttackLoss.KL }],
    ['start', { start: AttackStart.UNIFORM }],
    ['restarts', { restarts: 2 }],
  ])('refuses %s, which an objective decides or an evaluation has', (field, changes) => {
    expect(expectRefused(() => resolveTrainingAttack(attack(changes), 'x'), `x.${field}`)).toContain('leave it unset');
  });

  test('changes nothing', () => {
    expect(resolveTrainingAttack(attack({ restarts: 1 }), 'x')).toEqual(attack({ restarts: 1 }));
  });
});

describe('resolveEvaluationAttack', () => {
  test('fills in cross-entropy, a uniform start and one restart', () => {
    expect(resolveEvaluationAttack(attack(), 'x')).toEqual(
      attack({ loss: AttackLoss.CROSS_ENTROPY, start: AttackStart.UNIFORM, restarts: 1 }),
    );
  });

  test('is ten steps of a quarter of epsilon where none is given', () => {
    expect(resolveEvaluationAttack(undefined, 'x', 0.3)).toEqual(
      resolveEvaluationAttack(attack({ epsilon: 0.3, stepSize: 0.075, steps: 10 }), 'x'),
    );
    expect(resolveEvaluationAttack(undefined, 'x', 0)).toMatchObject({ epsilon: 0, stepSize: 0, steps: 0 });
  });

  test('refuses too many restarts, and losses and starts that it does not know', () => {
    expect(resolveEvaluationAttack(attack({ restarts: 100 }), 'x').restarts).toBe(100);
    expectRefused(() => resolveEvaluationAttack(attack({ restarts: 101 }), 'x'), 'x.restarts');
    expect(expectRefused(() => resolveEvaluationAttack(attack({ loss: UNKNOWN_VALUE }), 'x'), 'x.loss')).toContain(
      '_KL',
    );
    expect(expectRefused(() => resolveEvaluationAttack(attack({ start: UNKNOWN_VALUE }), 'x'), 'x.start')).toContain(
      '_GAUSSIAN',
    );
  });

  test('of a resolved attack changes nothing', () => {
    const attacks = fc.record({
      epsilon: fc.double({ min: 0, max: 1, noNaN: true }),
      stepSize: fc.double({ min: 1e-6, max: 1, noNaN: true }),
      steps: fc.nat(1000),
      loss: fc.constantFrom(...Object.values(AttackLoss)),
      start: fc.constantFrom(...Object.values(AttackStart)),
      restarts: fc.nat(100),
    });
    fc.assert(
      fc.property(attacks, (init) => {
        const once = resolveEvaluationAttack(create(AttackSpecSchema, init), 'x');
        expect(resolveEvaluationAttack(once, 'x')).toEqual(once);
        expect(once.restarts).toBeGreaterThan(0);
      }),
    );
  });
});

test.each([
  [{ steps: 10, restarts: 1 }, 'PGD-10'],
  [{ steps: 20, restarts: 0 }, 'PGD-20'],
  [{ steps: 50, restarts: 10 }, 'PGD-50 x10'],
  [{ steps: 0, restarts: 1 }, 'random start'],
])('attackName of %o is %s', (changes, name) => {
  expect(attackName(attack(changes))).toBe(name);
});
