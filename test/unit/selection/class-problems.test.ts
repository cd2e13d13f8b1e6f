import { describe, expect, it } from 'vitest';
import { classProblems } from '../../../services/selection/class-problems.ts';
import { seededRandom } from './synthetic-signals.ts';

const flatten = (parts: readonly { indices: Uint32Array }[]) => parts.flatMap(({ indices }) => [...indices]);

/** For classes that need no cutting. */
const unused = () => {
  throw new Error('alignment is not needed');
};

describe('classProblems', () => {
  it('gives one problem per class that has anything', () => {
    const labels = Uint16Array.of(2, 0, 0, 2, 0, 0, 4);
    const problems = classProblems(labels, 5, 3, unused);
    // Shares of 3/7 each: 1.71, 0, 0.86, 0, 0.43.
    expect(problems).toEqual([
      { indices: Uint32Array.of(1, 2, 4, 5), k: 2 },
      { indices: Uint32Array.of(0, 3), k: 1 },
      { indices: Uint32Array.of(6), k: 0 },
    ]);
  });

  it('cuts large classes into parts alike, every example in one, whatever the order', () => {
    const random = seededRandom(4);
    const count = 20_000;
    // Distinct: ties go by index, and so by order.
    const alignment = Float64Array.from({ length: count }, (_, i) => random() + i * 1e-12);
    const problems = classProblems(new Uint16Array(count), 1, 5000, () => alignment);
    expect(problems.map(({ indices, k }) => [indices.length, k])).toEqual([
      [6667, 1667],
      [6667, 1667],
      [6666, 1666],
    ]);
    expect(flatten(problems).sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
    for (const { indices } of problems) {
      const mean = indices.reduce((sum, i) => sum + alignment[i], 0) / indices.length;
      expect(mean).toBeCloseTo(0.5, 2);
    }
    const reversed = classProblems(new Uint16Array(count), 1, 5000, () => alignment.slice().reverse());
    reversed.forEach(({ indices }, part) => {
      expect(indices.map((i) => count - 1 - i).sort()).toEqual(problems[part].indices);
    });
  });

  it('bounds the kept ones of a problem as well', () => {
    const problems = classProblems(new Uint16Array(8000), 1, 7200, () => new Float64Array(8000));
    expect(problems.map(({ k }) => k)).toEqual([1800, 1800, 1800, 1800]);
  });

  it('goes by the limits it is given', () => {
    const align = () => new Float64Array(100);
    const problems = classProblems(new Uint16Array(100), 1, 50, align, { examples: 40, kept: 100 });
    expect(problems.map(({ indices, k }) => [indices.length, k])).toEqual([
      [34, 17],
      [33, 17],
      [33, 16],
    ]);
  });
});
