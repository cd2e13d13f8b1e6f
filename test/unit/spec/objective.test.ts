import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { ObjectiveKind, ObjectiveSpecSchema } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { resolveObjective } from '../../../services/spec/objective.ts';
import { expectRefused, UNKNOWN_VALUE } from './refusal.ts';

type ObjectiveInit = Omit<MessageInitShape<typeof ObjectiveSpecSchema>, '$typeName' | '$unknown'>;

const { AT, TRADES, MART } = ObjectiveKind;
const attack = { epsilon: 0.1, stepSize: 0.05, steps: 2 };
const objective = (init: ObjectiveInit) => create(ObjectiveSpecSchema, { attack, ...init } as ObjectiveInit);
const resolve = (init: ObjectiveInit) => resolveObjective(objective(init), 'o');

describe('resolveObjective', () => {
  test('fills in the weight that the objective has, and no other', () => {
    expect(resolve({ kind: AT })).toEqual(objective({ kind: AT }));
    expect(resolve({ kind: TRADES })).toEqual(objective({ kind: TRADES, beta: 6 }));
    expect(resolve({ kind: MART })).toEqual(objective({ kind: MART, lambda: 5 }));
  });

  test('keeps weights that are given, 0 among them', () => {
    expect(resolve({ kind: TRADES, beta: 0 }).beta).toBe(0);
    expect(resolve({ kind: MART, lambda: 2.5 }).lambda).toBe(2.5);
  });

  test.each([AT, TRADES, MART])('twice is once: %s', (kind) => {
    const once = resolve({ kind });
    expect(resolveObjective(once, 'o')).toEqual(once);
  });

  test.each<[string, ObjectiveInit]>([
    ['kind', { kind: ObjectiveKind.UNSPECIFIED }],
    ['kind', { kind: UNKNOWN_VALUE }],
    ['beta', { kind: AT, beta: 6 }],
    ['beta', { kind: MART, beta: 6 }],
    ['lambda', { kind: AT, lambda: 5 }],
    ['lambda', { kind: TRADES, lambda: 5 }],
    ['beta', { kind: TRADES, beta: -1 }],
    ['beta', { kind: TRADES, beta: Number.NaN }],
    ['beta', { kind: TRADES, beta: Number.POSITIVE_INFINITY }],
    ['lambda', { kind: MART, lambda: -0.5 }],
    ['lambda', { kind: MART, lambda: Number.NaN }],
    ['attack.epsilon', { kind: AT, attack: { ...attack, epsilon: 2 } }],
  ])('refuses %s: %o', (field, init) => {
    expectRefused(() => resolve(init), `o.${field}`);
  });

  test('needs an objective and an attack', () => {
    expectRefused(() => resolveObjective(undefined, 'spec.objective'), 'spec.objective');
    const bare = create(ObjectiveSpecSchema, { kind: AT });
    expectRefused(() => resolveObjective(bare, 'spec.objective'), 'spec.objective.attack');
  });
});
