import { describe, expect, it } from 'vitest';
import { selectGradMatch } from '../../../services/selection/grad-match.ts';
import { gradientSource } from '../../../services/selection/gradient-source.ts';
import { rankOneGradients, sumGradient } from '../../../services/selection/gradients.ts';
import type { MatMul } from '../../../services/selection/matmul.ts';
import { plainMatMul } from '../../../services/selection/matmul.ts';
import { keptPerClass, subsetResidual } from '../../../services/selection/quality.ts';
import { selectRandom } from '../../../services/selection/rank.ts';
import { inner, materialise, weightedSum } from './dense-reference.ts';
import { objectives, seededRandom, syntheticSignals } from './synthetic-signals.ts';

const defaults = { lambda: 0.1, atomsPerRound: 0 };

describe.each([...objectives])('selectGradMatch on %s gradients', (_, objective) => {
  const signals = syntheticSignals(9, 300, 5, 12);
  const gradients = rankOneGradients(signals, objective);

  it('splits k in proportion to the classes and reports the residual of the whole', async () => {
    const found = await selectGradMatch(gradientSource(gradients), signals.labels, { k: 93, classes: 5, ...defaults });
    expect(keptPerClass(found.indices, signals.labels, 5)).toEqual(Uint32Array.of(19, 19, 19, 18, 18));
    const dense = materialise(gradients);
    const total = weightedSum(dense, new Float64Array(300).fill(1));
    const part = weightedSum(
      Array.from(found.indices, (i) => dense[i]),
      found.weights,
    );
    const difference = total.map((value, j) => part[j] - value);
    expect(found.residual).toBeCloseTo(Math.sqrt(inner(difference, difference) / inner(total, total)), 6);
  });

  it('beats random subsets of the same size by far', async () => {
    const { residual } = await selectGradMatch(gradientSource(gradients), signals.labels, {
      k: 100,
      classes: 5,
      ...defaults,
    });
    for (let seed = 0; seed < 5; seed += 1) {
      const { indices: drawn } = selectRandom(300, 100, seededRandom(seed), {
        labels: signals.labels,
        classes: 5,
        classFloor: 1,
      });
      expect(residual).toBeLessThan(0.5 * subsetResidual(gradients, drawn));
    }
  });

  it('weighs classes alike: the weights of each add up to about its size', async () => {
    const labels = Uint16Array.from({ length: 300 }, (_, i) => (i < 200 ? 0 : 1 + (i % 4)));
    const uneven = syntheticSignals(10, 300, 5, 12, labels);
    const found = await selectGradMatch(gradientSource(rankOneGradients(uneven, objective)), labels, {
      k: 150,
      classes: 5,
      lambda: 0.05,
      atomsPerRound: 4,
    });
    const sums = new Float64Array(5);
    found.indices.forEach((index, i) => {
      sums[labels[index]] += found.weights[i];
    });
    [200, 25, 25, 25, 25].forEach((size, c) => {
      expect(sums[c] / size).toBeGreaterThan(0.5);
      expect(sums[c] / size).toBeLessThan(1.5);
    });
  });
});

describe('selectGradMatch', () => {
  const signals = syntheticSignals(9, 100, 4, 6);
  const gradients = rankOneGradients(signals, objectives.get('TRADES')!);
  const select = (more: object) =>
    selectGradMatch(gradientSource(gradients), signals.labels, { k: 40, classes: 4, ...defaults, ...more });

  it('counts classes too small to keep anything', async () => {
    const labels = Uint16Array.from({ length: 100 }, (_, i) => (i === 50 ? 3 : i % 3));
    const progress: number[] = [];
    const found = await selectGradMatch(gradientSource(gradients), labels, {
      k: 3,
      classes: 4,
      ...defaults,
      onProgress: (done) => progress.push(done),
    });
    expect(keptPerClass(found.indices, labels, 4)).toEqual(Uint32Array.of(1, 1, 1, 0));
    expect(progress.at(-1)).toBe(100);
    expect(found.residual).toBeCloseTo(subsetResidual(gradients, found.indices, found.weights), 9);
  });

  it('keeps everything at weight 1 when k = N', async () => {
    const found = await select({ k: 100 });
    expect(found.weights).toEqual(new Float32Array(100).fill(1));
    expect(found.residual).toBeCloseTo(0, 12);
  });

  it('uses the given matrix product, with the class as B, and counts what is done', async () => {
    const shapes: string[] = [];
    const spy: MatMul = async (a, aRows, aCols, b, bRows) => {
      shapes.push(`${aCols} ${bRows}`);
      return plainMatMul(a, aRows, aCols, b, bRows);
    };
    const progress: number[] = [];
    const found = await select({ matMul: spy, onProgress: (done: number) => progress.push(done) });
    expect(new Set(shapes)).toEqual(new Set(['4 25', '6 25']));
    expect(progress).toEqual([25, 50, 75, 100]);
    expect(found).toEqual(await select({}));
  });

  it('cuts a class that is too large, and still matches the sum of all', async () => {
    const large = syntheticSignals(12, 9000, 2, 4, new Uint16Array(9000));
    const found = await selectGradMatch(gradientSource(rankOneGradients(large, objectives.get('AT')!)), large.labels, {
      k: 90,
      classes: 2,
      ...defaults,
    });
    expect(found.indices).toHaveLength(90);
    const { indices: plain } = selectRandom(9000, 90, seededRandom(1), {
      labels: large.labels,
      classes: 2,
      classFloor: 0,
    });
    expect(found.residual).toBeLessThan(0.5 * subsetResidual(rankOneGradients(large, objectives.get('AT')!), plain));
  });

  it('stops between classes when cancelled', async () => {
    const controller = new AbortController();
    const done: number[] = [];
    const onProgress = (count: number) => {
      done.push(count);
      controller.abort();
    };
    await expect(select({ signal: controller.signal, onProgress })).rejects.toThrow('cancelled');
    expect(done).toEqual([25]);
  });

  it('reports a residual of 1 for half of two examples that cancel out', async () => {
    // Two classes, equal features, logits 0: the gradients are opposite, so their sum is 0.
    const opposite = {
      ...syntheticSignals(1, 2, 2, 3),
      adversarialLogits: new Float32Array(4),
      adversarialFeatures: new Float32Array(6).fill(1),
    };
    const cancelling = rankOneGradients(opposite, objectives.get('AT')!);
    expect(Math.max(...sumGradient(cancelling).map(Math.abs))).toBe(0);
    const found = await selectGradMatch(gradientSource(cancelling), opposite.labels, { k: 1, classes: 2, ...defaults });
    expect(found.residual).toBe(1);
  });

  it('refuses a k it cannot keep', async () => {
    await expect(select({ k: 101 })).rejects.toThrow('1 to 100');
  });
});
