import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { ScorerDescriptionSchema, ScorerOutput } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { ListScorersResponseSchema } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { ScorerFallback, SelectionSpecSchema } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { fromRecord, isBuiltIn, toRecord } from '../../../services/spec/known-scorers.ts';
import { resolveSelection } from '../../../services/spec/selection.ts';
import { expectRefused, refusal, UNKNOWN_VALUE } from './refusal.ts';

const k = { name: 'k', description: 'Neighbours.', defaultValue: 5, minimum: 1, maximum: 100, integer: true };
const nearest = create(ScorerDescriptionSchema, {
  ...{ name: 'nearest', version: '1', output: ScorerOutput.SCORES, parameters: [k] },
});
const sets = create(ScorerDescriptionSchema, { name: 'sets', version: '1', output: ScorerOutput.SET });
/** As no registration allows: a built-in scorer stays what it is. */
const impostor = create(ScorerDescriptionSchema, { name: 'el2n', version: '9', parameters: [k] });

type SelectionInit = Omit<MessageInitShape<typeof SelectionSpecSchema>, '$typeName' | '$unknown'>;

const resolve = (init: SelectionInit) => {
  const selection = create(SelectionSpecSchema, { scorer: 'nearest', fraction: 0.3, ...init } as SelectionInit);
  return resolveSelection(selection, 's', [nearest, sets, impostor]);
};

describe('a selection by a scorer that runs as a service', () => {
  test('takes its defaults from what the scorer says of itself', () => {
    expect(resolve({}).parameters).toEqual({ k: 5 });
    expect(resolve({ parameters: { k: 7 } }).parameters).toEqual({ k: 7 });
  });

  test.each<[string, SelectionInit]>([
    ['parameters.k', { parameters: { k: 0 } }],
    ['parameters.k', { parameters: { k: 1.5 } }],
    ['parameters.luck', { parameters: { luck: 1 } }],
    ['class_floor', { scorer: 'sets', classFloor: 0.5 }],
    ['parameters.k', { scorer: 'el2n', parameters: { k: 5 } }],
    ['fallback', { fallback: UNKNOWN_VALUE }],
  ])('refuses %s: %o', (field, init) => {
    expectRefused(() => resolve(init), `s.${field}`);
  });

  test('an unknown one is answered with all that there are', () => {
    const { reason, message } = refusal(() => resolve({ scorer: 'luck' }));
    expect(reason).toBe(ErrorReason.UNKNOWN_SCORER);
    expect(message).toMatch(/adv-grad-match,.* nearest, .*sets/);
  });

  test('keeps what takes its place', () => {
    expect(resolve({ fallback: ScorerFallback.LAST_SET }).fallback).toBe(ScorerFallback.LAST_SET);
  });
});

test('a record gives back the scorer it was made of', () => {
  const known = { description: nearest, address: 'near:7450', configured: true };
  expect(fromRecord(create(ListScorersResponseSchema, toRecord(known)))).toEqual(known);
  expect(fromRecord(create(ListScorersResponseSchema))).toBeUndefined();
  expect([isBuiltIn('el2n'), isBuiltIn('nearest')]).toEqual([true, false]);
});
