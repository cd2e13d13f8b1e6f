import { describe, expect, it } from 'vitest';
import { deriveSeed, normal, uniform } from '../../../services/numerics/random.ts';
import { take, withoutLeak } from './tensor-assertions.ts';

describe('seeds', () => {
  it('are functions of the run and the purpose, told apart by each part', () => {
    const parts = [
      ['weights', 'a'],
      ['weights', 'b'],
      ['noise', 'a'],
      ['noise', 1],
      ['noise', 11],
      ['noise', 1, 1],
    ];
    const seeds = [1n, 2n, -1n, 2n ** 64n - 1n].flatMap((run) => parts.map((purpose) => deriveSeed(run, ...purpose)));
    expect(new Set(seeds.map(String)).size).toBe(seeds.length);
    expect(deriveSeed(1n, 'noise', 1)).toEqual(deriveSeed(1n, 'noise', 1));
  });
});

describe('random values', () => {
  const moments = (values: Float32Array) => {
    const mean = values.reduce((sum, value) => sum + value) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return { mean, deviation: Math.sqrt(variance) };
  };

  it.each([
    ['uniform', uniform, 0.5, Math.sqrt(1 / 12)],
    ['normal', normal, 0, 1],
  ] as const)('that are %s come from the seed alone and have its moments', (_, draw, mean, deviation) => {
    const values = withoutLeak(() => take(draw([100, 100], [3, 4])));
    expect(take(draw([100, 100], [3, 4]))).toEqual(values);
    expect(take(draw([100, 100], [3, 5]))).not.toEqual(values);
    const found = moments(values);
    expect(found.mean).toBeCloseTo(mean, 1);
    expect(found.deviation).toBeCloseTo(deviation, 1);
  });

  it('that are uniform lie in [0,1)', () => {
    const values = take(uniform([10_000], [1, 1]));
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  });
});
