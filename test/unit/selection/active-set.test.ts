import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ActiveSet } from '../../../services/selection/active-set.ts';
import { inner, weightedSum } from './dense-reference.ts';
import { normal, seededRandom } from './synthetic-signals.ts';

/** 24 vectors in 6 dimensions of which many pull against each other, and a target. */
function tangle(seed: number) {
  const random = seededRandom(seed);
  const vector = () => Float64Array.from({ length: 6 }, () => normal(random) + 0.4);
  const vectors = Array.from({ length: 24 }, vector);
  const target = vector();
  return {
    vectors,
    target,
    correlations: Float64Array.from(vectors, (other) => inner(other, target)),
    norms: Float64Array.from(vectors, (other) => inner(other, other)),
    row: (atom: number) => Float32Array.from(vectors, (other) => inner(vectors[atom], other)),
  };
}

describe('ActiveSet', () => {
  it('lowers the objective with every fit, and ends where its members are solved', () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.integer({ min: 1, max: 8 }), (seed, group) => {
        const { vectors, target, correlations, norms, row } = tangle(seed);
        const active = new ActiveSet(norms, 0.1, 24);
        const residuals = () => {
          const members = active.members.map((atom) => vectors[atom]);
          const sum = members.length === 0 ? target.map(() => 0) : weightedSum(members, active.weights);
          return target.map((value, j) => value - sum[j]);
        };
        let last = inner(target, target);
        for (let first = 0; first < 24; first += group) {
          for (let atom = first; atom < Math.min(first + group, 24); atom += 1) {
            // As in a pursuit, only what correlates positively comes in.
            if (inner(vectors[atom], residuals()) > 0) expect(active.add([atom], [row(atom)])).toEqual([true]);
            active.weights = Float64Array.from(active.members, (_, i) => active.weights[i] ?? 0);
          }
          active.fit(correlations);
          const left = residuals();
          const now = inner(left, left) + 0.1 * inner(active.weights, active.weights);
          expect(now).toBeLessThanOrEqual(last * (1 + 1e-6));
          last = now;
          active.members.forEach((atom, i) => {
            expect(active.weights[i]).toBeGreaterThan(0);
            expect(inner(vectors[atom], left)).toBeCloseTo(0.1 * active.weights[i], 4);
          });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('says which atoms it dropped and forgets them', () => {
    const vectors = [Float64Array.of(2, 2), Float64Array.of(1, 0), Float64Array.of(0, 1)];
    const target = Float64Array.of(3, 1);
    const norms = Float64Array.from(vectors, (vector) => inner(vector, vector));
    const active = new ActiveSet(norms, 0, 3);
    const correlations = Float64Array.from(vectors, (vector) => inner(vector, target));
    for (const atom of [0, 1]) {
      active.add([atom], [Float32Array.from(vectors, (other) => inner(vectors[atom], other))]);
      expect(active.fit(correlations)).toEqual([]);
    }
    // (3, 1) = 0.5·(2, 2) + 2·(1, 0); against (3, −1) the first only hurts.
    expect([...active.weights].map((weight) => weight.toFixed(6))).toEqual(['0.500000', '2.000000']);
    const turned = Float64Array.from(vectors, (vector) => inner(vector, Float64Array.of(3, -1)));
    expect(active.fit(turned)).toEqual([0]);
    expect(active.members).toEqual([1]);
    expect(active.weights[0]).toBeCloseTo(3, 6);
  });

  it('refuses inner products that are not finite', () => {
    const active = new ActiveSet(Float64Array.of(1), 0.1, 1);
    active.add([0], [Float32Array.of(1)]);
    expect(() => active.fit(Float64Array.of(Number.NaN))).toThrow('not finite');
  });
});
