import { describe, expect, it } from 'vitest';
import { tf } from '../../../../services/numerics/backend.ts';
import { biasAdd } from '../../../../services/numerics/kernels/bias-add.ts';
import { castTo } from '../../../../services/numerics/kernels/cast.ts';
import { conv2d } from '../../../../services/numerics/kernels/conv2d.ts';
import { type FrozenConv, freezeConv, frozenConv2d } from '../../../../services/numerics/kernels/frozen-conv2d.ts';
import type { NetworkPrecision } from '../../../../services/numerics/precision.ts';
import { normal } from '../../../../services/numerics/random.ts';
import { expectNear, take, withoutLeak } from '../tensor-assertions.ts';

const OUTPUTS = 5;

/** Every way that the input's gradient can take. */
const CASES = [
  { inputs: 3, height: 6, width: 5, kernel: 3, stride: 1, padding: 1 },
  { inputs: 8, height: 5, width: 6, kernel: 3, stride: 1, padding: 0 },
  { inputs: 2, height: 6, width: 6, kernel: 1, stride: 2, padding: 0 },
  { inputs: 4, height: 6, width: 8, kernel: 3, stride: 2, padding: 1 },
  { inputs: 128, height: 6, width: 8, kernel: 3, stride: 2, padding: 1 },
  { inputs: 128, height: 5, width: 8, kernel: 3, stride: 2, padding: 1 },
];

/** float32 has 24 bits, bfloat16 has 8; the sums have up to a thousand terms. */
const TOLERANCE: Record<NetworkPrecision, number> = { f32: 1e-5, bf16: 0.02 };

function padded(x: tf.Tensor4D, filter: tf.Tensor4D, { stride, padding }: { stride: number; padding: number }) {
  const sides: [number, number] = [padding, padding];
  return tf.conv2d(tf.pad(x, [[0, 0], sides, sides, [0, 0]]), filter, stride, 'valid');
}

describe.each(CASES)(
  'convolution of $inputs x $height x $width by $kernel, stride $stride, padding $padding',
  (geometry) => {
    const { inputs, height, width, kernel } = geometry;
    const x = normal([2, height, width, inputs], [1, 2]) as tf.Tensor4D;
    const filter = normal([kernel, kernel, inputs, OUTPUTS], [3, 4]) as tf.Tensor4D;
    const bias = normal([OUTPUTS], [5, 6]);
    const theirs = (image: tf.Tensor) => padded(image as tf.Tensor4D, filter, geometry);
    const weights = normal(
      tf.tidy(() => theirs(x).shape),
      [7, 8],
    );
    const gradient = (of: (image: tf.Tensor) => tf.Tensor) =>
      take(tf.grad((image: tf.Tensor) => tf.sum(tf.mul(of(image), weights)))(x));
    const frozen = <T>(precision: NetworkPrecision, use: (run: (image: tf.Tensor) => tf.Tensor) => T) =>
      withoutLeak(() => {
        const conv: FrozenConv = tf.tidy(() => freezeConv(filter, bias, geometry, precision) as never);
        const run = (image: tf.Tensor) => castTo(frozenConv2d(castTo(image as tf.Tensor4D, precision), conv), 'f32');
        const result = use(run);
        tf.dispose(conv as never);
        return result;
      });

    it.each(['f32', 'bf16'] as const)('frozen in %s, is that of tfjs with its bias and gradient', (precision) => {
      const values = frozen(precision, (run) => take(tf.tidy(() => run(x))));
      expectNear(values, take(tf.tidy(() => tf.add(theirs(x), bias))), TOLERANCE[precision]);
      const found = frozen(precision, gradient);
      expectNear(found, gradient(theirs), TOLERANCE[precision]);
    });

    it('has the gradient of tfjs by the image where it is trained, too', () => {
      const trained = (image: tf.Tensor) => biasAdd(conv2d(image as tf.Tensor4D, filter, geometry), bias);
      expectNear(
        withoutLeak(() => gradient(trained)),
        gradient(theirs),
        1e-5,
      );
    });
  },
);

describe('a frozen convolution', () => {
  it('has no gradient by its weights', () => {
    const x = normal([1, 4, 4, 2], [1, 2]) as tf.Tensor4D;
    const variable = tf.variable(normal([3, 3, 2, 2], [3, 4]));
    const conv = freezeConv(variable, undefined, { stride: 1, padding: 1 }, 'f32');
    const loss = () => tf.sum(frozenConv2d(x, conv)) as tf.Scalar;
    expect(() => tf.variableGrads(loss, [variable])).toThrow('Cannot find a connection');
  });
});
