import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { AppError } from '../../../services/app-error.ts';
import { findSelector, keepCount, resolveParameters, selectors } from '../../../services/selection/registry.ts';
import { neededSignals } from '../../../services/selection/selector.ts';

/** The error a call fails with. */
function failure(call: () => unknown): AppError {
  try {
    call();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('findSelector', () => {
  it('finds every selector by its name, and they are in alphabetical order', () => {
    expect([...selectors.keys()]).toEqual([
      'adv-craig',
      'adv-glister',
      'adv-grad-match',
      'adv-grad-match-batch',
      'adv-grad-match-row',
      'adversarial-loss',
      'easy-first',
      'el2n',
      'forgetting',
      'grand',
      'loss-drop',
      'margin',
      'random',
    ]);
    for (const [name, selector] of selectors) expect(findSelector(name)).toBe(selector);
  });

  it('names the known ones when it finds none', () => {
    const error = failure(() => findSelector('grad-macth'));
    expect(error.reason).toBe(ErrorReason.UNKNOWN_SCORER);
    expect(error.message).toBe(
      'no scorer is named "grad-macth"; known are adv-craig, adv-glister, adv-grad-match, adv-grad-match-batch, ' +
        'adv-grad-match-row, adversarial-loss, easy-first, el2n, forgetting, grand, loss-drop, margin, random',
    );
  });
});

describe('resolveParameters', () => {
  const selector = findSelector('adv-grad-match');

  it('fills in defaults', () => {
    const resolved = resolveParameters(selector, { lambda: 2 });
    expect(resolved.get('lambda')).toBe(2);
    expect(resolved.get('atoms-per-round')).toBe(
      selector.parameters.find(({ name }) => name === 'atoms-per-round')!.defaultValue,
    );
  });

  it.each([
    ['lambda', -0.1, 'is -0.1; must be a number from 0 to 1000000'],
    ['lambda', Number.NaN, 'is NaN; must be a number from 0 to 1000000'],
    ['atoms-per-round', 1.5, 'is 1.5; must be a whole number from 0 to 256'],
    ['atoms-per-round', -1, 'is -1; must be a whole number from 0 to 256'],
    ['lamda', 1, 'adv-grad-match has no such parameter; it has lambda, atoms-per-round'],
    ['__proto__', 1, 'adv-grad-match has no such parameter; it has lambda, atoms-per-round'],
  ])('refuses %s = %d', (name, value, description) => {
    const error = failure(() => resolveParameters(selector, Object.fromEntries([[name, value]])));
    expect(error.reason).toBe(ErrorReason.INVALID_FIELD);
    expect(error.fields).toEqual([{ field: `selection.parameters.${name}`, description }]);
  });

  it('says so where a selector has none', () => {
    expect(failure(() => resolveParameters(findSelector('random'), { seed: 1 })).message).toContain('it has none');
  });
});

describe('keepCount', () => {
  it('rounds, and keeps at least one and at most all', () => {
    expect(keepCount(0.3, 50_000)).toBe(15_000);
    expect(keepCount(0.25, 10)).toBe(3);
    expect(keepCount(1e-9, 10)).toBe(1);
    expect(keepCount(1, 10)).toBe(10);
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1, noNaN: true }), fc.integer({ min: 1, max: 1e7 }), (fraction, n) => {
        const k = keepCount(fraction, n);
        expect(k).toBeGreaterThanOrEqual(1);
        expect(k).toBeLessThanOrEqual(n);
        expect(Number.isInteger(k)).toBe(true);
      }),
    );
  });

  it.each([0, -0.1, 1.01, Number.NaN])('refuses %d', (fraction) => {
    const error = failure(() => keepCount(fraction, 10));
    expect(error.fields[0].field).toBe('selection.fraction');
  });
});

describe('neededSignals', () => {
  it('asks for nothing clean under AT, where the loss reads nothing clean', () => {
    const clean = [Signal.CLEAN_LOGITS, Signal.CLEAN_FEATURES];
    for (const selector of selectors.values()) {
      expect(neededSignals(selector, ObjectiveKind.AT).filter((signal) => clean.includes(signal as never))).toEqual([]);
      expect(new Set(neededSignals(selector, ObjectiveKind.MART))).toEqual(new Set(selector.needs));
    }
    expect(findSelector('adv-grad-match').needs).toEqual(expect.arrayContaining(clean));
    expect(findSelector('random').needs).toEqual([]);
  });

  it('asks for features only where gradients are read', () => {
    const features = [Signal.CLEAN_FEATURES, Signal.ADVERSARIAL_FEATURES];
    const without = [...selectors].filter(
      ([, { needs }]) => !needs.some((signal) => features.includes(signal as never)),
    );
    expect(without.map(([name]) => name)).toEqual([
      'adversarial-loss',
      'el2n',
      'forgetting',
      'loss-drop',
      'margin',
      'random',
    ]);
    expect(findSelector('loss-drop').needs).toContain(Signal.CLEAN_LOGITS);
    expect(findSelector('margin').needs).not.toContain(Signal.CLEAN_LOGITS);
  });
});
