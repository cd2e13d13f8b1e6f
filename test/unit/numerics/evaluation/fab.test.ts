import { describe, expect, it } from 'vitest';
import { tf } from '../../../../services/numerics/backend.ts';
import { fab, fabWithin } from '../../../../services/numerics/evaluation/fab.ts';
import { take, withoutLeak } from '../tensor-assertions.ts';
import { CLASSES } from '../tiny-models.ts';
import { labelledBatch } from './labelled-batch.ts';

const N = 8;

/** FAB's steps meet the boundary from beyond; after 30 of them what is left is well below this share of the distance. */
const CONVERGED = 1.01;

const { model, batch } = labelledBatch('linear', N);
const pixels = batch.images.size / N;

/** L-infinity distance, within [0,1], from an image to where softmax regression gives class `k` the logit of class `y`. */
function distanceTo(
  image: Float32Array,
  weight: Float32Array,
  logits: readonly number[],
  y: number,
  k: number,
): number {
  const normal = Array.from(image, (_, i) => weight[k * pixels + i] - weight[y * pixels + i]);
  const gained = (length: number) =>
    normal.reduce((sum, w, i) => sum + Math.abs(w) * Math.min(length, w > 0 ? 1 - image[i] : image[i]), 0);
  let [low, high] = [0, 1];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (gained(middle) >= logits[y] - logits[k]) high = middle;
    else low = middle;
  }
  return high;
}

/** By example: the distance to the boundary of each wrong class, the nearest in logits first. */
function analyticDistances(): number[][] {
  const weight = model.weights.snapshot().get('linear.weight')!.data;
  const logits = tf.tidy(() => model.forward(batch.images, { training: false }).logits.arraySync());
  const images = batch.images.dataSync() as Float32Array;
  return logits.map((z, i) => {
    const order = z.map((_, k) => k).sort((a, b) => z[b] - z[a]);
    const image = images.subarray(i * pixels, (i + 1) * pixels);
    return order.slice(1).map((k) => distanceTo(image, weight, z, order[0], k));
  });
}

const analytic = analyticDistances();

function found(targetRank: number, iterations = 30, enough?: number): number[] {
  const options = { iterations, targetRank, ...(enough !== undefined && { enough }) };
  return withoutLeak(() => {
    const { images, distances } = fab({ model }, batch, options);
    images.dispose();
    return [...distances];
  });
}

describe('FAB on softmax regression', () => {
  it('finds the least distance at which an image is wrong', () => {
    const byRank = Array.from({ length: CLASSES - 1 }, (_, i) => found(i + 1));
    for (let example = 0; example < N; example++) {
      const least = Math.min(...analytic[example]);
      const nearest = Math.min(...byRank.map((distances) => distances[example]));
      expect(nearest).toBeGreaterThanOrEqual(least * (1 - 1e-4));
      expect(nearest).toBeLessThanOrEqual(least * CONVERGED);
    }
  });

  it('goes no farther than the boundary of its target', () => {
    for (let rank = 1; rank < CLASSES; rank++) {
      for (const [example, distance] of found(rank).entries()) {
        expect(distance).toBeLessThanOrEqual(analytic[example][rank - 1] * CONVERGED);
      }
    }
  });

  it('gets nearer with more iterations, never farther', () => {
    const [few, many] = [found(1, 1), found(1, 30)];
    for (const [example, distance] of many.entries()) expect(distance).toBeLessThanOrEqual(few[example]);
    expect(many).not.toEqual(few);
  });

  it('stops where a distance is enough', () => {
    const enough = 1.2 * Math.max(...analytic.map(([first]) => first));
    for (const distance of found(1, 30, enough)) expect(distance).toBeLessThanOrEqual(enough);
  });

  it.each([0.9, 1.1])('breaks within %f of the distance exactly those whose boundary is that near', (share) => {
    const least = analytic.map((distances) => Math.min(...distances));
    for (const [example, distance] of least.entries()) {
      const epsilon = share * distance;
      const broken = Array.from({ length: CLASSES - 1 }, (_, i) =>
        withoutLeak(() => {
          const images = fabWithin({ model }, batch, { iterations: 30, targetRank: i + 1 }, epsilon);
          const moved = take(tf.tidy(() => tf.max(tf.abs(tf.sub(images, batch.images)), [1, 2, 3])));
          images.dispose();
          return moved[example] > 0;
        }),
      );
      expect(broken.includes(true)).toBe(share > 1);
    }
  });
});
