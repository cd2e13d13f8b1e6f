import { describe, expect, it } from 'vitest';
import { batchSums } from '../../../services/selection/batch-sums.ts';
import { selectGradMatchBatches } from '../../../services/selection/grad-match-batch.ts';
import { rankOneGradients } from '../../../services/selection/gradients.ts';
import { plainMatMul } from '../../../services/selection/matmul.ts';
import { orthogonalMatchingPursuit } from '../../../services/selection/omp.ts';
import { keptPerClass, subsetResidual } from '../../../services/selection/quality.ts';
import { selectRandom } from '../../../services/selection/rank.ts';
import { shuffled } from '../../../services/selection/shuffled.ts';
import { inner, materialise, pursueDense, weightedSum } from './dense-reference.ts';
import { objectives, seededRandom, syntheticSignals } from './synthetic-signals.ts';

const n = 240;
const signals = syntheticSignals(9, n, 5, 12);
const base = { classes: 5, lambda: 0.1, atomsPerRound: 1, batchSize: 8, classFloor: 0 };

describe.each([...objectives])('batches of %s gradients', (_, objective) => {
  const gradients = rankOneGradients(signals, objective);
  const dense = materialise(gradients);
  const order = shuffled(n, seededRandom(1));
  const batches = Array.from({ length: 30 }, (_, b) => order.subarray(8 * b, 8 * b + 8));
  const sums = batches.map((batch) =>
    weightedSum(
      Array.from(batch, (i) => dense[i]),
      new Float64Array(8).fill(1),
    ),
  );
  const total = weightedSum(sums, new Float64Array(30).fill(1));

  it('are atoms with the inner products of their sums', async () => {
    const problem = batchSums(gradients, batches, plainMatMul);
    const close = (found: number, expected: number, scale: number) =>
      expect(Math.abs(found - expected)).toBeLessThan(1e-5 * scale);
    const largest = Math.max(...sums.map((sum) => inner(sum, sum)));
    close(problem.targetSquaredNorm, inner(total, total), inner(total, total));
    const gram = await problem.gramRows(Uint32Array.of(3, 17));
    sums.forEach((sum, b) => {
      close(problem.correlations[b], inner(sum, total), inner(total, total));
      close(problem.squaredNorms[b], inner(sum, sum), largest);
      close(gram[b], inner(sums[3], sum), largest);
      close(gram[30 + b], inner(sums[17], sum), largest);
    });
  });

  it('are pursued as plain dense pursuit does, each bringing all its examples', async () => {
    const reference = pursueDense(sums, total, 10, 0.1);
    const problem = batchSums(gradients, batches, plainMatMul);
    const pursued = await orthogonalMatchingPursuit(problem, { k: 10, lambda: 0.1, atomsPerRound: 1 });
    expect(Math.abs(pursued.residual - reference.residual)).toBeLessThan(0.01 * reference.residual);
    const found = await selectGradMatchBatches(gradients, signals.labels, { ...base, k: 80, random: seededRandom(1) });
    const weightOf = new Map(Array.from(found.indices, (index, i) => [index, found.weights[i]]));
    pursued.indices.forEach((batch, i) => {
      for (const index of batches[batch]) expect(weightOf.get(index)).toBeCloseTo(pursued.weights[i], 5);
    });
    expect(found.residual).toBeCloseTo(pursued.residual, 3);
  });

  it('come closer to the whole than random examples do', async () => {
    const { residual } = await selectGradMatchBatches(gradients, signals.labels, {
      ...base,
      k: 80,
      random: seededRandom(2),
    });
    for (let seed = 0; seed < 5; seed += 1) {
      const { indices: drawn } = selectRandom(n, 80, seededRandom(seed), {
        labels: signals.labels,
        classes: 5,
        classFloor: 0,
      });
      expect(residual).toBeLessThan(subsetResidual(gradients, drawn));
    }
  });
});

describe('selectGradMatchBatches', () => {
  const gradients = rankOneGradients(signals, objectives.get('TRADES')!);
  const select = (more: object) =>
    selectGradMatchBatches(gradients, signals.labels, { ...base, k: 75, random: seededRandom(3), ...more });

  it('cuts the batch of lowest weight and lets the rest of it stand for the whole batch', async () => {
    const found = await select({});
    const batchOf = new Map(Array.from(shuffled(n, seededRandom(3)), (index, place) => [index, place >> 3]));
    const byBatch = new Map<number, number[]>();
    found.indices.forEach((index, i) => {
      const batch = batchOf.get(index)!;
      byBatch.set(batch, [...(byBatch.get(batch) ?? []), found.weights[i]]);
    });
    const groups = [...byBatch.values()];
    for (const weights of groups) expect(new Set(weights).size).toBe(1);
    expect(groups.map((weights) => weights.length).sort()).toEqual([3, 8, 8, 8, 8, 8, 8, 8, 8, 8]);
    const cut = groups.find((weights) => weights.length === 3)!;
    const whole = groups.filter((weights) => weights.length === 8).map(([weight]) => weight);
    expect((cut[0] * 3) / 8).toBeLessThanOrEqual(Math.min(...whole));
    // 80 take the same ten batches whole: the weight of the cut one then, times 8 / 3.
    const uncut = await select({ k: 80 });
    const weightOf = new Map(Array.from(uncut.indices, (index, i) => [index, uncut.weights[i]]));
    found.indices.forEach((index, i) => {
      const expected = found.weights[i] === cut[0] ? (weightOf.get(index)! * 8) / 3 : weightOf.get(index)!;
      expect(found.weights[i]).toBeCloseTo(expected, 5);
    });
  });

  it('makes even batches where the size does not divide the set', async () => {
    for (const batchSize of [1, 7, 100, 65_536]) {
      const found = await select({ batchSize });
      expect(new Set(found.indices).size).toBe(75);
      expect(found.weights.every((weight) => weight > 0 && Number.isFinite(weight))).toBe(true);
      expect(found.residual).toBeCloseTo(subsetResidual(gradients, found.indices, found.weights), 9);
    }
  });

  it('keeps class floors', async () => {
    const plain = keptPerClass((await select({ k: 16 })).indices, signals.labels, 5);
    expect(Math.min(...plain)).toBeLessThan(3);
    const { indices } = await select({ k: 16, classFloor: 1 });
    expect([...keptPerClass(indices, signals.labels, 5)].sort()).toEqual([3, 3, 3, 3, 4]);
  });

  it('keeps everything at weight 1 when k = N, and tells its progress', async () => {
    const found = await select({ k: n });
    expect(found.weights).toEqual(new Float32Array(n).fill(1));
    const progress: number[] = [];
    await select({ onProgress: (done: number) => progress.push(done) });
    expect(progress.at(-1)).toBe(n);
    expect(progress.length).toBeGreaterThan(8);
    expect(progress).toEqual(progress.slice().sort((a, b) => a - b));
  });

  it('refuses a k it cannot keep', async () => {
    await expect(select({ k: n + 1 })).rejects.toThrow('1 to 240');
  });
});
