import { describe, expect, it } from 'vitest';
import { tf } from '../../../../services/numerics/backend.ts';
import { conv2d } from '../../../../services/numerics/kernels/conv2d.ts';
import { normal } from '../../../../services/numerics/random.ts';
import { expectNear, finiteDifferences, take, withoutLeak } from '../tensor-assertions.ts';

const GEOMETRIES = [
  { inputs: 2, height: 5, width: 5, kernel: 3, stride: 1, padding: 1 },
  { inputs: 2, height: 6, width: 4, kernel: 3, stride: 2, padding: 1 },
  { inputs: 2, height: 5, width: 7, kernel: 3, stride: 2, padding: 1 },
  { inputs: 2, height: 6, width: 5, kernel: 1, stride: 2, padding: 0 },
  { inputs: 2, height: 5, width: 6, kernel: 3, stride: 1, padding: 0 },
  { inputs: 2, height: 4, width: 4, kernel: 3, stride: 1, padding: 2 },
  // from 8 channels on, at stride 1, the input's gradient takes another way
  { inputs: 8, height: 5, width: 4, kernel: 3, stride: 1, padding: 1 },
  { inputs: 9, height: 5, width: 6, kernel: 3, stride: 1, padding: 0 },
  { inputs: 8, height: 4, width: 4, kernel: 5, stride: 1, padding: 3 },
  { inputs: 8, height: 3, width: 5, kernel: 1, stride: 1, padding: 0 },
];

/** tfjs' own convolution of an image that was padded beforehand. */
function padded(x: tf.Tensor4D, filter: tf.Tensor4D, { stride, padding }: { stride: number; padding: number }) {
  const sides: [number, number] = [padding, padding];
  return tf.conv2d(tf.pad(x, [[0, 0], sides, sides, [0, 0]]), filter, stride, 'valid');
}

describe.each(GEOMETRIES)(
  'convolution of $inputs x $height x $width by $kernel, stride $stride, padding $padding',
  (geometry) => {
    const x = normal([2, geometry.height, geometry.width, geometry.inputs], [1, 2]) as tf.Tensor4D;
    const filter = normal([geometry.kernel, geometry.kernel, geometry.inputs, 3], [3, 4]) as tf.Tensor4D;
    const weights = normal(padded(x, filter, geometry).shape, [5, 6]);
    const ours = (image: tf.Tensor, kernel: tf.Tensor) =>
      tf.sum(tf.mul(conv2d(image as tf.Tensor4D, kernel, geometry), weights));

    it('is that of tfjs on padded images', () => {
      const expected = padded(x, filter, geometry);
      const found = conv2d(x, filter, geometry);
      expect(found.shape).toEqual(expected.shape);
      expectNear(take(found), take(expected), 1e-5);
    });

    it('has the gradients of finite differences, and leaves no tensor', () => {
      const [byImage, byFilter] = withoutLeak(() => tf.grads(ours)([x, filter]).map(take));
      // linear in either, so that a wide step has no error but float32's
      expectNear(
        byImage,
        finiteDifferences((image) => ours(image, filter), x, 1),
        1e-4,
      );
      expectNear(
        byFilter,
        finiteDifferences((kernel) => ours(x, kernel), filter, 1),
        1e-4,
      );
    });

    it('has the gradients of tfjs', () => {
      const theirs = (image: tf.Tensor, kernel: tf.Tensor) =>
        tf.sum(tf.mul(padded(image as tf.Tensor4D, kernel as tf.Tensor4D, geometry), weights));
      const expected = tf.grads(theirs)([x, filter]).map(take);
      for (const [i, gradient] of tf.grads(ours)([x, filter]).entries()) expectNear(take(gradient), expected[i], 1e-5);
    });
  },
);

it('takes the gradient of a 1 x 1 filter with a stride within its buffers, whatever the batch', () => {
  // oneDNN's own has ended the process within some hundred of these
  for (let i = 0; i < 400; i++) {
    tf.tidy(() => {
      const x = tf.ones([3, 16, 16, 4]) as tf.Tensor4D;
      const loss = (kernel: tf.Tensor) => tf.sum(conv2d(x, kernel, { stride: 2, padding: 0 })) as tf.Scalar;
      const gradient = tf.grad(loss)(tf.ones([1, 1, 4, 8]));
      if (i % 100 === 0) expect(take(gradient)).toEqual(new Float32Array(32).fill(3 * 8 * 8));
    });
  }
});
