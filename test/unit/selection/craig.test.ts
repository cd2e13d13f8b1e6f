import { describe, expect, it } from 'vitest';
import { selectCraig } from '../../../services/selection/craig.ts';
import { gradientDistances } from '../../../services/selection/distances.ts';
import { gradientSource } from '../../../services/selection/gradient-source.ts';
import { rankOneGradients, takeExamples } from '../../../services/selection/gradients.ts';
import { plainMatMul } from '../../../services/selection/matmul.ts';
import { keptPerClass, subsetResidual } from '../../../services/selection/quality.ts';
import { shuffled } from '../../../services/selection/shuffled.ts';
import { inner, materialise } from './dense-reference.ts';
import { objectives, seededRandom, syntheticSignals } from './synthetic-signals.ts';

describe.each([...objectives])('gradientDistances on %s gradients', (_, objective) => {
  it('are those of the gradients written out, up to one scale', async () => {
    // More than one block of rows.
    const n = 300;
    const gradients = rankOneGradients(syntheticSignals(3, n, 4, 6), objective);
    const found = await gradientDistances(gradients, plainMatMul);
    const dense = materialise(gradients);
    const expected = dense.flatMap((a) =>
      dense.map((b) => {
        const difference = a.map((value, j) => value - b[j]);
        return Math.sqrt(inner(difference, difference));
      }),
    );
    const largest = Math.max(...expected);
    expect(found.every(Number.isInteger)).toBe(true);
    expected.forEach((distance, at) => {
      if (Math.abs((found[at] / 2 ** 24) * largest - distance) > 1e-3 * largest) throw new Error(`entry ${at} is off`);
      if (found[at] !== found[(at % n) * n + Math.floor(at / n)]) throw new Error(`entry ${at} is not symmetric`);
    });
    for (let i = 0; i < n; i += 1) expect(found[i * n + i]).toBe(0);
  });

  it('are the same numbers in any order of the examples', async () => {
    const n = 120;
    const gradients = rankOneGradients(syntheticSignals(5, n, 4, 16), objective);
    const order = shuffled(n, seededRandom(6));
    const plain = await gradientDistances(gradients, plainMatMul);
    const permuted = await gradientDistances(takeExamples(gradients, order), plainMatMul);
    const moved = permuted.map((_, at) => plain[order[Math.floor(at / n)] * n + order[at % n]]);
    expect(permuted.filter((distance, at) => distance !== moved[at])).toHaveLength(0);
  });
});

describe.each([...objectives])('selectCraig on %s gradients', (_, objective) => {
  const labels = Uint16Array.from({ length: 150 }, (_, i) => (i < 90 ? 0 : i < 149 ? 1 : 3));
  const gradients = rankOneGradients(syntheticSignals(4, 150, 4, 8, labels), objective);

  it('gives weights that add up to the size of every class that keeps anything', async () => {
    const found = await selectCraig(gradientSource(gradients), labels, { k: 30, classes: 4 });
    expect(keptPerClass(found.indices, labels, 4)).toEqual(Uint32Array.of(18, 12, 0, 0));
    const sums = new Float64Array(4);
    found.indices.forEach((index, i) => {
      sums[labels[index]] += found.weights[i];
    });
    expect(sums).toEqual(Float64Array.of(90, 59, 0, 0));
    expect(found.residual).toBeCloseTo(subsetResidual(gradients, found.indices, found.weights), 9);
  });

  it('keeps everything at weight 1 when k = N', async () => {
    const found = await selectCraig(gradientSource(gradients), labels, { k: 150, classes: 4 });
    expect(found.weights).toEqual(new Float32Array(150).fill(1));
    expect(found.residual).toBeCloseTo(0, 9);
  });
});
