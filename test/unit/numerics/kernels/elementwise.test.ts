import { describe, expect, it } from 'vitest';
import { tf } from '../../../../services/numerics/backend.ts';
import { biasAdd } from '../../../../services/numerics/kernels/bias-add.ts';
import { relu } from '../../../../services/numerics/kernels/relu.ts';
import { normal } from '../../../../services/numerics/random.ts';
import { expectNear, take, withoutLeak } from '../tensor-assertions.ts';

describe.each([[[4, 3]], [[2, 3, 2, 3]]])('bias on %j', (shape) => {
  const x = normal(shape, [1, 2]);
  const bias = tf.tensor1d([1, -2, 0.5]);
  const weights = normal(shape, [3, 4]);

  it('is added along the last axis', () => {
    expectNear(take(biasAdd(x, bias)), take(tf.add(x, bias)), 1e-6);
  });

  it('has the gradients of an addition, and leaves no tensor', () => {
    const weighted = (add: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) => (a: tf.Tensor, b: tf.Tensor) =>
      tf.sum(tf.mul(add(a, b), weights));
    const expected = tf.grads(weighted(tf.add))([x, bias]).map(take);
    const found = withoutLeak(() => tf.grads(weighted(biasAdd))([x, bias]).map(take));
    for (const [i, values] of found.entries()) expectNear(values, expected[i], 1e-5);
  });
});

describe('ReLU', () => {
  const x = tf.tensor1d([-2, -0, 0, 1e-30, 3]);

  it('keeps what is above 0', () => {
    expect([...take(relu(x))].map((value) => value + 0)).toEqual([0, 0, 0, Math.fround(1e-30), 3]);
  });

  it('passes gradient above 0 only, and leaves no tensor', () => {
    const gradient = withoutLeak(() => take(tf.grad((y: tf.Tensor) => tf.sum(tf.mul(relu(y), [1, 2, 3, 4, 5])))(x)));
    expect([...gradient]).toEqual([0, 0, 0, 4, 5]);
  });
});
