import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tf } from '../../../../services/numerics/backend.ts';
import { hyperplaneStep } from '../../../../services/numerics/evaluation/hyperplane-step.ts';
import { largestDifference, take, withoutLeak } from '../tensor-assertions.ts';

const PIXELS = 12;

/** The step by bisection in float64: <normal, d> grows with its length. */
function byBisection(points: readonly number[], normal: readonly number[], gap: number): number[] {
  const step = (length: number) =>
    points.map((x, i) => {
      const way = Math.sign(normal[i]) * Math.sign(gap);
      return way * Math.min(length, way > 0 ? 1 - x : x);
    });
  const reaches = (length: number) =>
    Math.abs(step(length).reduce((sum, d, i) => sum + d * normal[i], 0)) >= Math.abs(gap);
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (reaches(middle)) high = middle;
    else low = middle;
  }
  return step(high);
}

const pixel = fc.oneof(
  fc.constantFrom(0, 1),
  fc.integer({ min: 0, max: 64 }).map((i) => i / 64),
);
const slope = fc.oneof(
  fc.constant(0),
  fc.integer({ min: -64, max: 64 }).map((i) => i / 16),
);
const row = fc.record({
  points: fc.array(pixel, { minLength: PIXELS, maxLength: PIXELS }),
  normal: fc.array(slope, { minLength: PIXELS, maxLength: PIXELS }),
  gap: fc.integer({ min: -400, max: 400 }).map((i) => i / 16),
});

function stepsOf(rows: readonly { points: number[]; normal: number[]; gap: number }[]): number[][] {
  const inputs = [rows.map(({ points }) => points), rows.map(({ normal }) => normal)].map((x) => tf.tensor2d(x));
  const gaps = tf.tensor1d(rows.map(({ gap }) => gap));
  const values = [...withoutLeak(() => take(hyperplaneStep(inputs[0], inputs[1], gaps)))];
  tf.dispose([...inputs, gaps]);
  return rows.map((_, i) => values.slice(i * PIXELS, (i + 1) * PIXELS));
}

describe('the step to a hyperplane', () => {
  it('is the shortest one in the box, or the longest there is', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), (rows) => {
        for (const [i, step] of stepsOf(rows).entries()) {
          const { points, normal, gap } = rows[i];
          // a zero normal or gap leaves nothing to move for
          const expected = gap === 0 ? points.map(() => 0) : byBisection(points, normal, gap);
          expect(largestDifference(step, expected)).toBeLessThanOrEqual(1e-5);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('meets the hyperplane as closely as float32 can over many pixels that saturate one after the other', () => {
    const count = 3000;
    const points = tf.tensor2d([Array.from({ length: count }, (_, i) => i / count)]);
    const normal = tf.tensor2d([Array.from({ length: count }, (_, i) => 1 + (i % 7))]);
    const gap = tf.tensor1d([5000]);
    const reached = tf.tidy(() => tf.sum(tf.mul(hyperplaneStep(points, normal, gap), normal)).dataSync()[0]);
    tf.dispose([points, normal, gap]);
    expect(Math.abs(reached - 5000)).toBeLessThan(0.05);
  });
});
