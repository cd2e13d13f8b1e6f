import { describe, expect, it } from 'vitest';
import { innerProducts, layerOutputs, totalGradient } from '../../../services/selection/dense-products.ts';
import { innerWithDense, rankOneGradients, sumGradient } from '../../../services/selection/gradients.ts';
import { plainMatMul } from '../../../services/selection/matmul.ts';
import { normal, objectives, seededRandom, syntheticSignals } from './synthetic-signals.ts';

/** Few classes go by float64 sums, many by matrix products; 1,100 examples make more than one block. */
describe.each([
  ['few classes', 4, 0],
  ['many classes', 70, 1e-5],
])('with %s', (_, classes, tolerance) => {
  const signals = syntheticSignals(1, 1100, classes, 5);
  const gradients = rankOneGradients(signals, objectives.get('MART')!);
  const random = seededRandom(2);
  const dense = Float64Array.from({ length: classes * 6 }, () => normal(random));

  const expectClose = (found: Float64Array, expected: Float64Array) => {
    const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(found).toHaveLength(expected.length);
    found.forEach((value, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(tolerance * scale);
    });
  };

  it('sums gradients as float64 does, weighted or not', async () => {
    expectClose(await totalGradient(gradients, plainMatMul), sumGradient(gradients));
    const weights = Float64Array.from({ length: 1100 }, random);
    const expected = sumGradient(gradients, undefined, weights);
    expectClose(await totalGradient(gradients, plainMatMul, weights), expected);
  });

  it('multiplies every gradient with a dense one', async () => {
    expectClose(await innerProducts(gradients, dense, plainMatMul), innerWithDense(gradients, dense));
  });

  it('gives the outputs of a layer', async () => {
    const inputs = signals.cleanFeatures;
    const found = await layerOutputs({ inputs, examples: 1100, classes, features: 5 }, dense, plainMatMul);
    const expected = Float64Array.from({ length: 1100 * classes }, (_, at) => {
      const [i, c] = [Math.floor(at / classes), at % classes];
      let sum = dense[c * 6 + 5];
      for (let j = 0; j < 5; j += 1) sum += dense[c * 6 + j] * inputs[i * 5 + j];
      return sum;
    });
    expectClose(found, expected);
  });
});
