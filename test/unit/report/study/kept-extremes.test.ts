import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { IndexSetSchema } from '../../../../proto/gen/winnow/v1/index_set_pb.ts';
import { keptExtremes } from '../../../../services/report/study/kept-extremes.ts';

/** A set of 30 examples' indices and weights; equal ones without. */
function set(indices: number[], weights: number[] = []) {
  const indexGaps = indices.map((index, i) => index - (indices[i - 1] ?? 0));
  return create(IndexSetSchema, { datasetExamples: 30, indexGaps, weights });
}

describe('keptExtremes', () => {
  it('ranks by weight in units of the round, so that rounds count alike', () => {
    const { mostKept } = keptExtremes([set([0, 1, 2], [100, 200, 300]), set([1, 4], [1, 3])]);
    expect(mostKept.slice(0, 4)).toEqual([
      { index: 1, rounds: 2, weight: 1 + 0.5 },
      { index: 2, rounds: 1, weight: 1.5 },
      { index: 4, rounds: 1, weight: 1.5 },
      { index: 0, rounds: 1, weight: 0.5 },
    ]);
  });

  it('counts rounds where weights are equal, the lowest index first', () => {
    const { mostKept, leastKept } = keptExtremes([set([3, 7]), set([7, 29])]);
    expect(mostKept).toHaveLength(12);
    expect(mostKept.slice(0, 4).map(({ index, rounds }) => [index, rounds])).toEqual([
      [7, 2],
      [3, 1],
      [29, 1],
      [0, 0],
    ]);
    expect(leastKept).toHaveLength(12);
    expect(leastKept.at(-1)).toEqual({ index: 28, rounds: 0, weight: 0 });
    expect(leastKept.every(({ rounds }) => rounds === 0)).toBe(true);
  });

  it('is empty without sets, and keeps within the data set', () => {
    expect(keptExtremes([])).toEqual({ mostKept: [], leastKept: [] });
    const { mostKept } = keptExtremes([set([29, 31, 90])]);
    expect(mostKept.filter(({ rounds }) => rounds > 0)).toEqual([{ index: 29, rounds: 1, weight: 1 }]);
  });

  it('counts weights that are all 0 as equal ones', () => {
    expect(keptExtremes([set([5], [0])]).mostKept[0]).toEqual({ index: 5, rounds: 1, weight: 1 });
  });
});
