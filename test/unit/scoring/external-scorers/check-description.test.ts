import { describe, expect, test } from 'vitest';
import { type ScorerOutput, Signal } from '../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import {
  checkDescription,
  descriptionProblem,
} from '../../../../services/scoring/external-scorers/check-description.ts';
import { expectRefused } from '../../spec/refusal.ts';
import { described } from './scorer-server.ts';

const parameter = { name: 'k', description: 'Neighbours.', defaultValue: 5, minimum: 1, maximum: 100, integer: true };

test('a description that keeps the contract is taken', () => {
  expect(descriptionProblem(described({ parameters: [parameter] }))).toBeUndefined();
});

describe('refuses', () => {
  test.each<[says: string, changes: Parameters<typeof described>[0]]>([
    ['its name', { name: 'Nearest' }],
    ['its name', { name: '' }],
    ['its name', { name: 'a'.repeat(65) }],
    ['its version', { version: '' }],
    ['larger than 64 KiB', { summary: 'a'.repeat(70_000) }],
    ['neither scores nor a set', { output: 99 as ScorerOutput }],
    ['no signal', { signals: [] }],
    ['twice', { signals: [Signal.LABEL, Signal.LABEL] }],
    ['ADVERSARIAL_LOSSES, which is not measured', { signals: [Signal.LABEL, Signal.ADVERSARIAL_LOSSES] }],
    ['99, which is not measured', { signals: [99 as Signal] }],
    ['a parameter has a name', { parameters: [{ ...parameter, name: '' }] }],
    ["'k' is there twice", { parameters: [parameter, parameter] }],
    ['not finite', { parameters: [{ ...parameter, maximum: Number.POSITIVE_INFINITY }] }],
    ['not in [1, 100]', { parameters: [{ ...parameter, defaultValue: 0 }] }],
    ['whole', { parameters: [{ ...parameter, defaultValue: 1.5 }] }],
  ])('%s: %o', (says, changes) => {
    expect(descriptionProblem(described(changes))).toContain(says);
    expect(expectRefused(() => checkDescription(described(changes), 'localhost:1'), 'address')).toContain(says);
  });

  test('the name of a built-in scorer', () => {
    const said = expectRefused(() => checkDescription(described({ name: 'el2n' }), 'localhost:1'), 'address');
    expect(said).toContain('rename it');
  });
});
