import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  gramBlock,
  innerWithDense,
  type RankOneGradients,
  rankOneGradients,
  squaredNorms,
  sumGradient,
} from '../../../services/selection/gradients.ts';
import { orthogonalMatchingPursuit, type PursuitProblem } from '../../../services/selection/omp.ts';
import { inner, materialise, pursueDense, solveNonNegative, weightedSum } from './dense-reference.ts';
import { normal, objectives, seededRandom, syntheticSignals } from './synthetic-signals.ts';

/** The problem of writing `target` with explicit vectors. */
function vectorProblem(vectors: readonly Float64Array[], target: Float64Array): PursuitProblem {
  return {
    atoms: vectors.length,
    correlations: Float64Array.from(vectors, (vector) => inner(vector, target)),
    squaredNorms: Float64Array.from(vectors, (vector) => inner(vector, vector)),
    targetSquaredNorm: inner(target, target),
    gramRows: (rows) =>
      Float32Array.from([...rows].flatMap((row) => vectors.map((other) => inner(vectors[row], other)))),
  };
}

function gradientProblem(gradients: RankOneGradients): PursuitProblem {
  const target = sumGradient(gradients);
  return {
    atoms: gradients.examples,
    correlations: innerWithDense(gradients, target),
    squaredNorms: squaredNorms(gradients),
    targetSquaredNorm: inner(target, target),
    gramRows: (rows) => gramBlock(gradients, rows),
  };
}

const sum = (vectors: readonly Float64Array[]) => weightedSum(vectors, new Float64Array(vectors.length).fill(1));

/** The objective over the chosen atoms. */
function ridgeObjective(
  vectors: readonly Float64Array[],
  target: Float64Array,
  chosen: Uint32Array,
  weights: ArrayLike<number>,
  ridge: number,
): number {
  const approximation = weightedSum(
    Array.from(chosen, (i) => vectors[i]),
    weights,
  );
  const difference = target.map((value, j) => value - approximation[j]);
  return inner(difference, difference) + ridge * inner(weights, weights);
}

describe.each([...objectives])('orthogonalMatchingPursuit on %s gradients (n = 200, k = 60)', (_, objective) => {
  const gradients = rankOneGradients(syntheticSignals(7, 200, 10, 16), objective);
  const dense = materialise(gradients);
  const target = sum(dense);

  it.each([0.01, 0.1, 0.5])('is as close as plain dense pursuit at lambda %d', async (lambda) => {
    const reference = pursueDense(dense, target, 60, lambda);
    const found = await orthogonalMatchingPursuit(gradientProblem(gradients), { k: 60, lambda, atomsPerRound: 1 });
    expect(reference.indices).toHaveLength(60);
    expect(Math.abs(found.residual - reference.residual)).toBeLessThan(0.01 * reference.residual);
    expect(found.iterations).toBeGreaterThanOrEqual(60);
  });

  it('is within 5 % of one at a time with several atoms a round', async () => {
    const larger = gradientProblem(rankOneGradients(syntheticSignals(8, 600, 10, 16), objective));
    const pursue = (atomsPerRound: number) => orthogonalMatchingPursuit(larger, { k: 192, lambda: 0.1, atomsPerRound });
    const classic = await pursue(1);
    const automatic = await pursue(0);
    expect(automatic.iterations).toBeLessThan(classic.iterations / 2.5);
    expect(automatic.residual).toBeLessThan(1.05 * classic.residual);
    expect((await pursue(2)).residual).toBeLessThan(1.05 * classic.residual);
  });

  it('says the residual its weights have', async () => {
    const options = { k: 60, lambda: 0.5, atomsPerRound: 4 };
    const { indices, weights, residual } = await orthogonalMatchingPursuit(gradientProblem(gradients), options);
    const left = ridgeObjective(dense, target, indices, weights, 0);
    expect(residual).toBeCloseTo(Math.sqrt(left / inner(target, target)), 4);
  });

  it('says how far each atom points towards what it leaves unmatched, and what each pick had before it', async () => {
    const options = { k: 20, lambda: 0.1, atomsPerRound: 1 };
    const { indices, weights, gains, left } = await orthogonalMatchingPursuit(gradientProblem(gradients), options);
    const chosen = Array.from(indices, (i) => dense[i]);
    const matched = weightedSum(chosen, weights);
    const unmatched = target.map((value, j) => value - matched[j]);
    const scale = Math.max(...dense.map((gradient) => Math.abs(inner(gradient, target))));
    dense.forEach((gradient, i) => {
      expect(left[i] / scale).toBeCloseTo(inner(gradient, unmatched) / scale, 4);
    });
    // Each was taken because it pointed towards what was unmatched then.
    for (const gain of gains) expect(gain).toBeGreaterThan(0);
  });
});

describe('orthogonalMatchingPursuit', () => {
  const cloud = (seed: number, count: number, width: number, shift: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: count }, () => Float64Array.from({ length: width }, () => normal(random) + shift));
  };

  it('gives positive weights that no others on the same atoms beat', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(10_000),
        fc.integer({ min: 1, max: 19 }),
        fc.constantFrom(0, 0.05, 1),
        fc.constantFrom(1, 3, 8),
        async (seed, k, lambda, atomsPerRound) => {
          const vectors = cloud(seed, 20, 8, 0.3);
          const target = sum(vectors);
          const found = await orthogonalMatchingPursuit(vectorProblem(vectors, target), { k, lambda, atomsPerRound });
          expect(found.indices).toHaveLength(k);
          expect([...new Set(found.indices)]).toEqual([...found.indices].sort((a, b) => a - b));
          expect(found.weights.every((weight) => weight > 0 && Number.isFinite(weight))).toBe(true);
          if (found.weights.includes(1)) return;
          const ridge = (lambda * vectors.reduce((total, vector) => total + inner(vector, vector), 0)) / 20;
          const best = solveNonNegative(
            Array.from(found.indices, (i) => vectors[i]),
            target,
            ridge,
          );
          const optimum = ridgeObjective(vectors, target, found.indices, best, ridge);
          const reached = ridgeObjective(vectors, target, found.indices, found.weights, ridge);
          expect(reached - optimum).toBeLessThan(1e-5 * inner(target, target));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('drops an atom again that later ones make superfluous', async () => {
    // b looks best at first, but the target is 2·right + up, to which b adds nothing that is left.
    const vectors = [
      Float64Array.of(1, 0, 0),
      Float64Array.of(0, 1, 0),
      Float64Array.of(2, 2, 0.4),
      Float64Array.of(0, 0, -1),
    ];
    const target = Float64Array.of(2, 1, 0);
    const found = await orthogonalMatchingPursuit(vectorProblem(vectors, target), {
      k: 2,
      lambda: 0,
      atomsPerRound: 1,
    });
    const reference = pursueDense(vectors, target, 2, 0);
    expect([...found.indices].sort()).toEqual([...reference.indices].sort());
    expect(found.residual).toBeCloseTo(reference.residual, 5);
  });

  it('skips an atom that depends on the others and fills up with weight 1', async () => {
    const vectors = [Float64Array.of(3, 0), Float64Array.of(3, 0), Float64Array.of(1, 0), Float64Array.of(0, 1)];
    const target = Float64Array.of(9, 2);
    const found = await orthogonalMatchingPursuit(vectorProblem(vectors, target), {
      k: 3,
      lambda: 0,
      atomsPerRound: 1,
    });
    // 0 and 3 write the target exactly; 1 is the fill, at weight 1, and 0 is refitted to the rest: 9 = 2·3 + 3.
    expect(found.indices).toEqual(Uint32Array.of(0, 1, 3));
    [2, 1, 2].forEach((weight, i) => {
      expect(found.weights[i]).toBeCloseTo(weight, 6);
    });
    expect(found.residual).toBeLessThan(1e-3);
    // 0 came first, 3 when only its direction was left, 1 when nothing was.
    [27, 0, 2].forEach((gain, i) => {
      expect(found.gains[i]).toBeCloseTo(gain, 4);
    });
    for (const left of found.left) expect(left).toBeCloseTo(0, 4);
  });

  it('shares the weight of equal atoms evenly under a ridge', async () => {
    const vectors = Array.from({ length: 12 }, () => Float64Array.of(1, 2));
    const options = { k: 4, lambda: 1e-4, atomsPerRound: 2 };
    const found = await orthogonalMatchingPursuit(vectorProblem(vectors, sum(vectors)), options);
    expect(found.indices).toEqual(Uint32Array.of(0, 1, 2, 3));
    found.weights.forEach((weight) => {
      expect(weight).toBeCloseTo(3, 3);
    });
  });

  it('takes atoms that all point away at weight 1, the least harmful first', async () => {
    const vectors = [Float64Array.of(-3, 0), Float64Array.of(-1, 0), Float64Array.of(-2, 0)];
    const options = { k: 2, lambda: 0.1, atomsPerRound: 1 };
    const found = await orthogonalMatchingPursuit(vectorProblem(vectors, Float64Array.of(1, 0)), options);
    expect(found.indices).toEqual(Uint32Array.of(1, 2));
    expect(found.weights).toEqual(Float64Array.of(1, 1));
    expect(found.residual).toBeCloseTo(4, 6);
    expect(found.iterations).toBe(0);
  });

  it('keeps zero gradients at equal weights, with residual 0', async () => {
    const vectors = Array.from({ length: 5 }, () => new Float64Array(3));
    const options = { k: 2, lambda: 0.5, atomsPerRound: 4 };
    const found = await orthogonalMatchingPursuit(vectorProblem(vectors, new Float64Array(3)), options);
    expect(found).toEqual({
      indices: Uint32Array.of(0, 1),
      weights: Float64Array.of(1, 1),
      residual: 0,
      gains: new Float64Array(2),
      left: new Float64Array(5),
      iterations: 0,
    });
  });

  it('does not depend on the scale of the gradients', async () => {
    const vectors = cloud(5, 30, 6, 0.3);
    const pursue = (scale: number) => {
      const scaled = vectors.map((vector) => vector.map((value) => scale * value));
      return orthogonalMatchingPursuit(vectorProblem(scaled, sum(scaled)), { k: 9, lambda: 0.5, atomsPerRound: 2 });
    };
    const [one, tiny] = [await pursue(1), await pursue(2 ** -20)];
    expect(tiny.indices).toEqual(one.indices);
    tiny.weights.forEach((weight, i) => {
      expect(weight).toBeCloseTo(one.weights[i], 6);
    });
  });

  it('refuses a k it cannot keep and stops when cancelled', async () => {
    const problem = vectorProblem([Float64Array.of(1), Float64Array.of(2)], Float64Array.of(3));
    const pursue = (k: number, signal?: AbortSignal) =>
      orthogonalMatchingPursuit(problem, { k, lambda: 0.5, atomsPerRound: 1, signal });
    await expect(pursue(0)).rejects.toThrow('1 to 2');
    await expect(pursue(3)).rejects.toThrow('1 to 2');
    await expect(pursue(1, AbortSignal.abort())).rejects.toThrow('cancelled');
  });
});
