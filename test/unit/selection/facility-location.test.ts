import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { locateFacilities } from '../../../services/selection/facility-location.ts';
import { normal, seededRandom } from './synthetic-signals.ts';

/** Whole distances between random points, row-major. */
function cloud(seed: number, count: number, width: number, steps = 1000): Float32Array {
  const random = seededRandom(seed);
  const points = Array.from({ length: count }, () => Array.from({ length: width }, () => normal(random)));
  return Float32Array.from(
    points.flatMap((a) => points.map((b) => Math.round(steps * Math.hypot(...a.map((value, j) => value - b[j]))))),
  );
}

/** Σ_i min_{j∈S} d_ij. */
function cost(distances: Float32Array, n: number, chosen: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < n; i += 1) sum += Math.min(...chosen.map((j) => distances[j * n + i]));
  return sum;
}

/** Greedy by trying every example each time; ties to the one of least summed distance, then the lower index. */
function greedy(distances: Float32Array, n: number, k: number): number[] {
  const chosen: number[] = [];
  while (chosen.length < k) {
    const rank = (j: number) => [cost(distances, n, [...chosen, j]), cost(distances, n, [j]), j];
    const open = Array.from({ length: n }, (_, j) => j).filter((j) => !chosen.includes(j));
    const [best] = open.map(rank).sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
    chosen.push(best[2]);
  }
  return chosen;
}

/** All sets of k out of n. */
function* subsets(n: number, k: number, from = 0): Generator<number[]> {
  if (k === 0) yield [];
  else for (let i = from; i <= n - k; i += 1) for (const rest of subsets(n, k - 1, i + 1)) yield [i, ...rest];
}

describe('locateFacilities', () => {
  it('picks what plain greedy picks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(10_000),
        fc.integer({ min: 1, max: 24 }),
        fc.constantFrom(2, 1000),
        async (seed, k, steps) => {
          // Two steps make many ties, and equal points.
          const distances = cloud(seed, 24, 2, steps);
          const { indices } = await locateFacilities(distances, 24, k);
          expect([...indices]).toEqual(greedy(distances, 24, k).sort((a, b) => a - b));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('reaches 1 - 1/e of the best gain over any first facility', async () => {
    for (let seed = 0; seed < 12; seed += 1) {
      const n = 11;
      const distances = cloud(seed, n, 3);
      const furthest = Math.max(...distances);
      for (const k of [2, 3, 5]) {
        const { indices } = await locateFacilities(distances, n, k);
        const least = Math.min(...[...subsets(n, k)].map((chosen) => cost(distances, n, chosen)));
        const reached = n * furthest - cost(distances, n, [...indices]);
        expect(reached).toBeGreaterThanOrEqual((1 - 1 / Math.E) * (n * furthest - least));
        expect(cost(distances, n, [...indices])).toBeGreaterThanOrEqual(least);
      }
    }
  });

  it('weighs by cluster, every facility its own', async () => {
    // Two tight groups of 4 and 3 points on a line, and one far away.
    const points = [0, 1, 2, 3, 50, 51, 52, 200];
    const distances = Float32Array.from(points.flatMap((a) => points.map((b) => Math.abs(a - b))));
    const { indices, weights } = await locateFacilities(distances, 8, 3);
    expect(weights).toEqual(Uint32Array.of(4, 3, 1));
    expect(indices[1]).toBe(5);
    expect(indices[2]).toBe(7);
  });

  it('weighs equal examples that are all chosen as one each', async () => {
    const { indices, weights } = await locateFacilities(new Float32Array(36), 6, 4);
    expect(indices).toEqual(Uint32Array.of(0, 1, 2, 3));
    expect(weights).toEqual(Uint32Array.of(3, 1, 1, 1));
  });

  it('scores by gain: what plain greedy gained with each pick, and what one more would', async () => {
    const n = 24;
    const distances = cloud(4, n, 3);
    const farthest = Math.max(...distances);
    /** Mean distance to the nearest of `chosen`, as a share of the farthest. */
    const share = (chosen: readonly number[]) => {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += Math.min(farthest, ...chosen.map((j) => distances[j * n + i]));
      return sum / (n * farthest);
    };
    for (const k of [0, 1, 6, n]) {
      const { scores, indices } = await locateFacilities(distances, n, k);
      const picks = k === 0 ? [] : greedy(distances, n, k);
      expect([...indices]).toEqual([...picks].sort((a, b) => a - b));
      picks.forEach((pick, i) => {
        expect(scores[pick]).toBeCloseTo(share(picks.slice(0, i)) - share(picks.slice(0, i + 1)), 5);
      });
      for (let i = 0; i < n; i += 1) {
        if (!picks.includes(i)) expect(scores[i]).toBeCloseTo(share(picks) - share([...picks, i]), 5);
      }
    }
  });

  it('refuses a k it cannot keep and stops when cancelled', async () => {
    await expect(locateFacilities(new Float32Array(4), 2, 3)).rejects.toThrow('0 to 2');
    const distances = cloud(1, 600, 2);
    await expect(locateFacilities(distances, 600, 200, AbortSignal.abort())).rejects.toThrow('cancelled');
  });
});
