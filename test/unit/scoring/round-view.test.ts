import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RoundView } from '../../../services/scoring/round-view.ts';

const labelled = { labels: Uint16Array.of(0, 1, 0, 1, 0, 1, 0), classes: 3 };
const subset = { indices: Uint32Array.of(0, 1, 4), weights: Float32Array.of(2, 0.5, 1.5) };
const scores = Float32Array.of(5, 1, 3, 8, 5, 2, 4);

describe('RoundView', () => {
  test('says fate, weight, score and rank within the class', () => {
    const view = new RoundView(6, subset, labelled, scores);
    expect(view.of(0)).toEqual({
      round: 6,
      kept: true,
      weight: 2,
      score: 5,
      rank: 1,
      classExamples: 4,
      classKept: 2,
    });
    // equal scores share the better rank, and the next one counts them both
    expect([0, 2, 4, 6].map((index) => view.of(index).rank)).toEqual([1, 4, 1, 3]);
    expect(view.of(5)).toMatchObject({ kept: false, weight: 0, score: 2, rank: 2, classExamples: 3, classKept: 1 });
  });

  test('has neither score nor rank where the scores are gone, and weight 1 where all count the same', () => {
    const view = new RoundView(0, { indices: subset.indices }, labelled, undefined);
    expect(view.of(4)).toEqual({ round: 0, kept: true, weight: 1, classExamples: 4, classKept: 2 });
    expect(view.of(3)).toMatchObject({ kept: false, weight: 0 });
  });

  test('ranks as counting does', () => {
    const examples = fc.array(fc.record({ label: fc.nat(2), score: fc.integer({ min: -3, max: 3 }) }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(examples, (given) => {
        const labels = Uint16Array.from(given, ({ label }) => label);
        const values = Float32Array.from(given, ({ score }) => score);
        const view = new RoundView(0, { indices: Uint32Array.of(0) }, { labels, classes: 3 }, values);
        given.forEach(({ label, score }, index) => {
          const better = given.filter((other) => other.label === label && other.score > score).length;
          expect(view.of(index).rank).toBe(better + 1);
        });
      }),
    );
  });
});
