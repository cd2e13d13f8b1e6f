import { describe, expect, it } from 'vitest';
import { BulletTrain, quantile } from '../../../../services/numerics/attacks/bullet-train.ts';
import { craft } from '../../../../services/numerics/attacks/craft.ts';
import { tf } from '../../../../services/numerics/backend.ts';
import { PassCounter } from '../../../../services/numerics/pass-counter.ts';
import { deriveSeed } from '../../../../services/numerics/random.ts';
import { largestDifference, take, withoutLeak } from '../tensor-assertions.ts';
import { OBJECTIVES, tinyBatch, tinyModel } from '../tiny-models.ts';

const SIZE = 24;
const OPTIONS = {
  boundary: { epsilon: 0.05, stepSize: 0.02, steps: 4 },
  robust: { epsilon: 0.05, stepSize: 0.05, steps: 1 },
  gamma: 0.8,
  poolBatches: 2,
};
const SEED = deriveSeed(5n, 'bullet');

const { model, image } = tinyModel('resnet');
const batch = tinyBatch(SIZE, image);

/** Values of each image of a batch. */
function rows(values: Float32Array): Float32Array[] {
  const size = values.length / SIZE;
  return Array.from({ length: SIZE }, (_, row) => values.subarray(row * size, (row + 1) * size));
}

/** v of every example as the paper defines it, worked out in float64. */
function confidences(): number[] {
  const logits = take(model.forward(batch.images, { training: false }).logits);
  const labels = batch.oneHot.dataSync();
  const classes = logits.length / SIZE;
  return Array.from({ length: SIZE }, (_, row) => {
    const z = [...logits.subarray(row * classes, (row + 1) * classes)];
    const total = z.reduce((sum, value) => sum + Math.exp(value), 0);
    const p = z.map((value) => Math.exp(value) / total);
    const deviation = Math.sqrt(p.reduce((sum, value) => sum + (value - 1 / classes) ** 2, 0) / (classes - 1));
    const label = labels.subarray(row * classes, (row + 1) * classes).indexOf(1);
    return z.indexOf(Math.max(...z)) === label ? deviation : -deviation;
  });
}

/** A policy whose running robust accuracy is `robustAccuracy`. */
const policyAt = (robustAccuracy: number) => new BulletTrain(OPTIONS, { robustAccuracy, outlierShare: 0.5 });

describe('Bullet-Train', () => {
  it.each(OBJECTIVES)('gives each group its budget under $name', (objective) => {
    const v = confidences();
    const threshold = Math.max(0, quantile(v, 0.9));
    const passes = new PassCounter();
    const attacked = withoutLeak(() => take(policyAt(0.1).attack(batch, { model, objective, seed: SEED, passes })));
    const clean = rows(batch.images.dataSync() as Float32Array);
    for (const [row, values] of rows(attacked).entries()) {
      const moved = largestDifference(values, clean[row]);
      if (v[row] < 0) expect(moved).toBe(0);
      else expect(moved).toBeLessThanOrEqual(0.05 + 1e-6);
    }
    const boundary = v.filter((value) => value >= 0 && value <= threshold).length;
    const robust = v.filter((value) => value >= 0 && value > threshold).length;
    expect(Math.min(boundary, robust)).toBeGreaterThan(0);
    expect(passes.backwardPasses).toBe(boundary * 4 + robust);
    expect(passes.forwardPasses).toBe(SIZE + boundary * 4 + robust);
  });

  it('attacks every right example in full while nothing is robust, as the whole attack would', () => {
    const objective = OBJECTIVES[0];
    const v = confidences();
    const right = [...v.keys()].filter((row) => v[row] >= 0);
    const attacked = rows(take(policyAt(0).attack(batch, { model, objective, seed: SEED })));
    const at = tf.tensor1d(right, 'int32');
    const part = { images: tf.gather(batch.images, at), oneHot: tf.gather(batch.oneHot, at) };
    const whole = take(craft(model, objective, part, OPTIONS.boundary, SEED));
    const size = whole.length / right.length;
    for (const [place, row] of right.entries()) {
      const expected = whole.subarray(place * size, (place + 1) * size);
      expect(largestDifference(attacked[row], expected)).toBeLessThan(1e-6);
    }
  });

  it('moves its running figures as published, and goes on from a saved state', () => {
    const policy = policyAt(0.5);
    policy.observe(6, 8);
    expect(policy.state().robustAccuracy).toBeCloseTo(0.9 * 0.5 + 0.1 * 0.8 * 0.75, 12);
    const outliers = confidences().filter((value) => value < 0).length;
    policy.attack(batch, { model, objective: OBJECTIVES[0], seed: SEED }).dispose();
    expect(policy.state().outlierShare).toBeCloseTo(0.9 * 0.5 + (0.1 * outliers) / SIZE, 12);
    expect(new BulletTrain(OPTIONS, policy.state()).state()).toEqual(policy.state());
    const { outlier, boundary, robust } = policy.takeCounts();
    expect(outlier).toBe(outliers);
    expect(outlier + boundary + robust).toBe(SIZE);
    expect(policy.takeCounts()).toEqual({ outlier: 0, boundary: 0, robust: 0 });
  });
});

describe('quantile', () => {
  it('interpolates between neighbours', () => {
    expect(quantile([3, 1, 2], 0.5)).toBe(2);
    expect(quantile([0, 10], 0.25)).toBe(2.5);
    expect(quantile([4], 0.9)).toBe(4);
    expect([0, 1].map((q) => quantile([5, -1, 2], q))).toEqual([-1, 5]);
  });
});
