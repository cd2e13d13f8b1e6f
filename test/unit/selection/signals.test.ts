import { describe, expect, it } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { takeSignals, validateSignals } from '../../../services/selection/signals.ts';
import { syntheticSignals } from './synthetic-signals.ts';

describe('validateSignals', () => {
  const good = syntheticSignals(2, 6, 3, 4);

  it('accepts what fits, and what is absent unless it is needed', () => {
    expect(() => validateSignals(good, [Signal.CLEAN_FEATURES, Signal.ADVERSARIAL_FEATURES])).not.toThrow();
    const { cleanFeatures: _, ...partial } = { ...good, adversarialFeatures: new Float32Array(0) };
    expect(() => validateSignals(partial)).not.toThrow();
    expect(() => validateSignals(partial, [Signal.CLEAN_FEATURES])).toThrow('clean features are needed');
    expect(() => validateSignals(partial, [Signal.ADVERSARIAL_FEATURES])).toThrow('adversarial features are needed');
  });

  it.each(['cleanLogits', 'adversarialLogits', 'cleanFeatures', 'adversarialFeatures'] as const)(
    'checks %s',
    (name) => {
      expect(() => validateSignals({ ...good, [name]: good[name].slice(1) })).toThrow(/: \d+ values where \d+ belong/);
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, -1e7]) {
        const broken = good[name].slice();
        broken[broken.length - 1] = bad;
        expect(() => validateSignals({ ...good, [name]: broken })).toThrow(
          expect.objectContaining({ reason: ErrorReason.DIVERGED, message: expect.stringContaining('example 5') }),
        );
      }
    },
  );

  it('checks labels and sizes', () => {
    expect(() => validateSignals({ ...good, labels: Uint16Array.of(0, 1, 2, 3, 0, 1) })).toThrow(
      'label 3 of example 3',
    );
    expect(() => validateSignals({ ...good, labels: good.labels.slice(1) })).toThrow('labels: 5 values');
    expect(() => validateSignals(syntheticSignals(1, 3, 1, 2))).toThrow('need 1 of 2');
  });
});

describe('takeSignals', () => {
  const signals = syntheticSignals(2, 6, 3, 4);

  it('takes rows in the given order, as copies', () => {
    const taken = takeSignals(signals, Uint32Array.of(4, 1));
    expect(() => validateSignals(taken)).not.toThrow();
    expect(taken.examples).toBe(2);
    expect(taken.labels).toEqual(Uint16Array.of(signals.labels[4], signals.labels[1]));
    expect(taken.cleanLogits!.subarray(3)).toEqual(signals.cleanLogits.slice(3, 6));
    expect(taken.adversarialLogits.subarray(0, 3)).toEqual(signals.adversarialLogits.slice(12, 15));
    expect(taken.cleanFeatures!.subarray(0, 4)).toEqual(signals.cleanFeatures.slice(16, 20));
    expect(taken.adversarialFeatures.subarray(4)).toEqual(signals.adversarialFeatures.slice(4, 8));
    const before = signals.adversarialLogits.slice();
    taken.adversarialLogits.fill(7);
    expect(signals.adversarialLogits).toEqual(before);
  });

  it('leaves out what was not measured', () => {
    const { cleanLogits: _, ...partial } = { ...signals, cleanFeatures: new Float32Array(0) };
    const taken = takeSignals(partial, Uint32Array.of(0));
    expect('cleanLogits' in taken).toBe(false);
    expect(taken.cleanFeatures).toHaveLength(0);
  });
});
