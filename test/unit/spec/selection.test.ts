import { create, type MessageInitShape } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { SelectionSpecSchema } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { selectors } from '../../../services/selection/registry.ts';
import { resolveSelection } from '../../../services/spec/selection.ts';
import { expectRefused, refusal } from './refusal.ts';

type SelectionInit = Omit<MessageInitShape<typeof SelectionSpecSchema>, '$typeName' | '$unknown'>;

const selection = (init: SelectionInit = {}) =>
  create(SelectionSpecSchema, { scorer: 'random', fraction: 0.3, ...init } as SelectionInit);
const resolve = (init: SelectionInit) => resolveSelection(selection(init), 's');

describe('resolveSelection', () => {
  test("fills in every epoch and the scorer's parameters", () => {
    expect(resolve({})).toEqual(selection({ everyEpochs: 1 }));
    const { parameters } = resolve({ scorer: 'adv-grad-match', parameters: { lambda: 3 } });
    expect(parameters).toEqual({ lambda: 3, 'atoms-per-round': 0 });
  });

  test.each<[string, SelectionInit]>([
    ['fraction', { fraction: 0 }],
    ['fraction', { fraction: -0.1 }],
    ['fraction', { fraction: 1.1 }],
    ['fraction', { fraction: Number.NaN }],
    ['fraction', { fraction: Number.POSITIVE_INFINITY }],
    ['class_floor', { classFloor: -0.1 }],
    ['class_floor', { classFloor: 1.1 }],
    ['class_floor', { classFloor: Number.NaN }],
    ['parameters.lambda', { parameters: { lambda: 1 } }],
    ['parameters.lambda', { scorer: 'adv-grad-match', parameters: { lambda: Number.NaN } }],
    ['parameters.atoms-per-round', { scorer: 'adv-grad-match', parameters: { 'atoms-per-round': 1.5 } }],
    ['attack.step_size', { attack: { epsilon: 0.1, stepSize: 0, steps: 3 } }],
    ['attack.restarts', { attack: { epsilon: 0.1, stepSize: 0.1, steps: 3, restarts: 2 } }],
    ['max_staleness_epochs', { maxStalenessEpochs: 1 }],
    ['max_staleness_epochs', { everyEpochs: 1, maxStalenessEpochs: 1 }],
    ['max_staleness_epochs', { everyEpochs: 3, maxStalenessEpochs: 3 }],
    ['max_staleness_epochs', { everyEpochs: 3, maxStalenessEpochs: 4 }],
  ])('refuses %s: %o', (field, init) => {
    expectRefused(() => resolve(init), `s.${field}`);
  });

  test('lets a set be late for as long as no other is due', () => {
    expect(resolve({ everyEpochs: 3, maxStalenessEpochs: 2 }).maxStalenessEpochs).toBe(2);
  });

  test('needs a selection and a scorer that there is', () => {
    expectRefused(() => resolveSelection(undefined, 'spec.selection'), 'spec.selection');
    const { reason, message, fields } = refusal(() =>
      resolveSelection(selection({ scorer: 'luck' }), 'spec.selection'),
    );
    expect(reason).toBe(ErrorReason.UNKNOWN_SCORER);
    expect(message).toContain('"luck"');
    expect(message).toContain('adv-grad-match');
    expect(fields.map(({ field }) => field)).toEqual(['spec.selection.scorer']);
  });

  test('twice is once, and what was given stays', () => {
    const selections = fc.record({
      scorer: fc.constantFrom(...selectors.keys()),
      fraction: fc.double({ min: 0.001, max: 1, noNaN: true }),
      everyEpochs: fc.integer({ min: 4, max: 9 }),
      warmStartEpochs: fc.nat(9),
      maxStalenessEpochs: fc.nat(3),
      classFloor: fc.double({ min: 0, max: 1, noNaN: true }),
      reuseTrainingSignals: fc.boolean(),
    });
    fc.assert(
      fc.property(selections, (init) => {
        const once = resolve(init);
        expect(once).toMatchObject(init);
        expect(resolveSelection(once, 's')).toEqual(once);
      }),
    );
  });
});
