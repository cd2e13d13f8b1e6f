import { describe, expect, it } from 'vitest';
import { tf } from '../../../../services/numerics/backend.ts';
import { BATCH_NORM_EPSILON, batchNorm } from '../../../../services/numerics/kernels/batch-norm.ts';
import { normal, uniform } from '../../../../services/numerics/random.ts';
import { expectFinite, expectNear, finiteDifferences, take, withoutLeak } from '../tensor-assertions.ts';

const CHANNELS = 3;
const x = tf.tidy(() => normal([2, 3, 4, CHANNELS], [1, 2]).mul(2).add([1, -1, 0])) as tf.Tensor4D;
const drawn = (seed: number) => tf.tidy(() => uniform([CHANNELS], [seed, 0]).add(0.5));
const state = { scale: drawn(1), offset: drawn(2), mean: drawn(3), variance: drawn(4) };
const weights = normal(x.shape, [5, 6]);

/** The formula of Ioffe 2015. */
function normalised(mean: tf.Tensor, variance: tf.Tensor): Float32Array {
  const root = tf.sqrt(tf.add(variance, BATCH_NORM_EPSILON));
  return take(x.sub(mean).div(root).mul(state.scale).add(state.offset));
}

describe.each([true, false])('batch normalisation, training %s', (training) => {
  const weighted = (image: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) =>
    tf.sum(tf.mul(batchNorm(image as tf.Tensor4D, { ...state, scale, offset }, training).y, weights));

  it('has the gradients of finite differences, and leaves no tensor', () => {
    const at = [x, state.scale, state.offset] as const;
    const [byImage, byScale, byOffset] = withoutLeak(() =>
      tf
        .grads(weighted)([...at])
        .map(take),
    );
    expectNear(
      byImage,
      finiteDifferences((image) => weighted(image, at[1], at[2]), x, 0.02),
      5e-3,
    );
    expectNear(
      byScale,
      finiteDifferences((scale) => weighted(x, scale, at[2]), at[1], 0.5),
      1e-3,
    );
    expectNear(
      byOffset,
      finiteDifferences((offset) => weighted(x, at[1], offset), at[2], 0.5),
      1e-3,
    );
  });
});

describe('batch normalisation', () => {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  const count = x.size / CHANNELS;

  it('goes by the statistics of the batch in training, and gives them, the variance unbiased', () => {
    const { y, batchMean, batchVariance } = batchNorm(x, state, true);
    expectNear(take(y), normalised(mean, variance), 1e-5);
    expectNear(take(batchMean), mean.dataSync(), 1e-5);
    expectNear(take(batchVariance), take(variance.mul(count / (count - 1))), 1e-5);
  });

  it('goes by the running statistics otherwise', () => {
    expectNear(take(batchNorm(x, state, false).y), normalised(state.mean, state.variance), 1e-5);
  });

  it('does not depend on the other examples in evaluation', () => {
    const alone = take(batchNorm(x.slice([0, 0, 0, 0], [1, -1, -1, -1]), state, false).y);
    const together = take(batchNorm(x, state, false).y);
    expectNear(alone, together.subarray(0, alone.length), 1e-6);
  });

  it.each([
    ['a batch of one value per channel', tf.tensor4d([1, 2, 3], [1, 1, 1, 3])],
    ['a batch of equal values', tf.fill([2, 2, 2, 3], 5) as tf.Tensor4D],
  ])('is finite for %s', (_, flat) => {
    const { y, batchMean, batchVariance } = batchNorm(flat, state, true);
    for (const tensor of [y, batchMean, batchVariance]) expectFinite(take(tensor), 'values');
    const gradient = tf.grad((image: tf.Tensor) => tf.sum(batchNorm(image as tf.Tensor4D, state, true).y.square()));
    expectFinite(take(gradient(flat)), 'gradient');
    expect(take(batchNorm(flat, state, true).y)[0]).toBeCloseTo(state.offset.dataSync()[0], 5);
  });
});
