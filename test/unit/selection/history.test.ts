import { describe, expect, it } from 'vitest';
import { extendHistory, NEVER_LEARNED } from '../../../services/selection/history.ts';
import { findSelector } from '../../../services/selection/registry.ts';
import type { SelectorInput } from '../../../services/selection/selector.ts';
import { type FullSignals, syntheticSignals } from './synthetic-signals.ts';

/** Examples of class 0 of two, with the given probability of it under attack. */
function confidences(...shares: number[]): FullSignals {
  return {
    ...syntheticSignals(1, shares.length, 2, 1, new Uint16Array(shares.length)),
    adversarialLogits: Float32Array.from(shares.flatMap((share) => [Math.log(share), Math.log(1 - share)])),
  };
}

describe('extendHistory', () => {
  it('starts with the wrong ones as never learned', () => {
    expect(extendHistory(confidences(0.9, 0.2, 0.5))).toEqual({
      correctBefore: Uint8Array.of(1, 0, 0),
      forgettingCounts: Uint16Array.of(0, NEVER_LEARNED, NEVER_LEARNED),
    });
  });

  it('counts what was right and now is wrong, round by round', () => {
    const rounds = [
      [0.9, 0.1, 0.9, 0.1],
      [0.1, 0.1, 0.9, 0.9],
      [0.1, 0.1, 0.9, 0.1],
      [0.9, 0.1, 0.9, 0.9],
      [0.1, 0.1, 0.9, 0.9],
    ];
    let history = {};
    for (const round of rounds) history = extendHistory(confidences(...round), history);
    expect(history).toEqual({
      correctBefore: Uint8Array.of(0, 0, 1, 1),
      forgettingCounts: Uint16Array.of(2, NEVER_LEARNED, 0, 1),
    });
  });

  it('takes either part alone', () => {
    const wrong = confidences(0.1, 0.1, 0.9);
    expect(extendHistory(wrong, { correctBefore: Uint8Array.of(1, 0, 0) }).forgettingCounts).toEqual(
      Uint16Array.of(1, NEVER_LEARNED, 0),
    );
    expect(extendHistory(wrong, { forgettingCounts: Uint16Array.of(2, 0, 1) }).forgettingCounts).toEqual(
      Uint16Array.of(2, 0, 1),
    );
  });

  it('never counts up to the mark of those never learned', () => {
    const history = { correctBefore: Uint8Array.of(1), forgettingCounts: Uint16Array.of(NEVER_LEARNED - 1) };
    expect(extendHistory(confidences(0.1), history).forgettingCounts).toEqual(Uint16Array.of(NEVER_LEARNED - 1));
  });

  it('refuses a history of other examples', () => {
    const history = { forgettingCounts: new Uint16Array(3) };
    expect(() => extendHistory(confidences(0.1), history)).toThrow('history.forgettingCounts: 3 values for 1 examples');
  });
});

describe('selector forgetting', () => {
  const scores = (signals: FullSignals, history?: SelectorInput['history']) =>
    findSelector('forgetting').scores!({ signals, history } as SelectorInput);

  it('ranks by events, and equal ones by margin', () => {
    const history = { correctBefore: new Uint8Array(4).fill(1), forgettingCounts: Uint16Array.of(0, 3, 1, 0) };
    const found = scores(confidences(0.9, 0.999, 0.1, 0.6), history);
    // 2 events at the third, 3 at the second; the last is nearer to being forgotten than the first.
    expect([...found.keys()].sort((a, b) => found[b] - found[a])).toEqual([1, 2, 3, 0]);
    expect(found[2]).toBeCloseTo(2 + 0.25 * 1.8, 6);
  });

  it('puts misclassified examples first without a history', () => {
    const found = scores(confidences(0.9, 0.4, 0.6, 0.1));
    expect([...found.keys()].sort((a, b) => found[b] - found[a])).toEqual([3, 1, 2, 0]);
    expect(found[1] - found[2]).toBeGreaterThan(NEVER_LEARNED - 1);
  });
});
