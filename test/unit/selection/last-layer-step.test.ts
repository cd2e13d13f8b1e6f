import { describe, expect, it } from 'vitest';
import { rankOneGradients, sumGradient } from '../../../services/selection/gradients.ts';
import { gradientAfterStep, stepLastLayer } from '../../../services/selection/last-layer-step.ts';
import { inner } from './dense-reference.ts';
import { lastLayerLoss, layerLogits, randomLayer, withLayer } from './last-layer.ts';
import { normal, objectives, seededRandom, syntheticSignals } from './synthetic-signals.ts';

const [classes, features] = [4, 6];
const layer = randomLayer(1, classes, features);
const signals = withLayer(syntheticSignals(2, 15, classes, features), layer);
const random = seededRandom(3);
const step = Float64Array.from(layer, () => 0.3 * normal(random));

describe('stepLastLayer', () => {
  const moved = layer.map((value, j) => value - step[j]);

  it('gives the logits of the layer after the step', async () => {
    const stepped = await stepLastLayer(signals, objectives.get('MART')!, step);
    layerLogits(signals.adversarialFeatures, moved, classes).forEach((logit, at) => {
      expect(stepped.adversarialLogits[at]).toBeCloseTo(logit, 5);
    });
    layerLogits(signals.cleanFeatures, moved, classes).forEach((logit, at) => {
      expect(stepped.cleanLogits![at]).toBeCloseTo(logit, 5);
    });
  });

  it('leaves clean logits under AT, and asks for clean features otherwise', async () => {
    const { cleanFeatures: _, ...rest } = signals;
    expect((await stepLastLayer(rest, objectives.get('AT')!, step)).cleanLogits).toBe(signals.cleanLogits);
    await expect(stepLastLayer(rest, objectives.get('TRADES')!, step)).rejects.toThrow(
      'need clean logits and features',
    );
  });
});

describe.each([...objectives])('gradientAfterStep under %s', (_, objective) => {
  it('is the slope of the mean loss by definition, in float64', async () => {
    const gradient = await gradientAfterStep(signals, objective, step);
    const moved = layer.map((value, j) => value - step[j]);
    const slope = (direction: Float64Array) => {
      const at = (t: number) =>
        lastLayerLoss(
          signals,
          objective,
          moved.map((value, j) => value + t * direction[j]),
        );
      return (at(1e-5) - at(-1e-5)) / 2e-5;
    };
    for (let seed = 0; seed < 5; seed += 1) {
      const next = seededRandom(100 + seed);
      const direction = Float64Array.from(layer, () => normal(next));
      const expected = slope(direction);
      expect(Math.abs(inner(gradient, direction) - expected)).toBeLessThan(1e-4 * (1 + Math.abs(expected)));
    }
  });

  it('is the mean gradient at the measured logits without a step', async () => {
    const still = await gradientAfterStep(signals, objective, new Float64Array(step.length));
    sumGradient(rankOneGradients(signals, objective)).forEach((value, j) => {
      expect(still[j]).toBeCloseTo(value / 15, 12);
    });
  });
});
