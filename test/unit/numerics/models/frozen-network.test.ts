import { beforeAll, describe, expect, it } from 'vitest';
import { isBfloat16, tf } from '../../../../services/numerics/backend.ts';
import { crossEntropy } from '../../../../services/numerics/losses.ts';
import { type FrozenNetwork, withFrozen } from '../../../../services/numerics/models/frozen-network.ts';
import type { NetworkPrecision } from '../../../../services/numerics/precision.ts';
import { deriveSeed, uniform } from '../../../../services/numerics/random.ts';
import { expectNear, take, withoutLeak } from '../tensor-assertions.ts';
import { tinyBatch, tinyModel } from '../tiny-models.ts';

/** Part of the largest value that rounding may make of a difference: float32 has 24 bits, bfloat16 has 8. */
const TOLERANCE: Record<NetworkPrecision, number> = { f32: 2e-5, bf16: 0.05 };

/** Norm of a - b by that of b. */
function relativeError(a: Float32Array, b: Float32Array): number {
  const norm = (values: Float32Array) => Math.hypot(...values);
  return norm(a.map((value, i) => value - b[i])) / norm(b);
}

describe.each(['cnn with dropout', 'resnet', 'wide resnet', 'linear'])('a frozen %s', (name) => {
  const { model, image } = tinyModel(name);
  const { images, oneHot } = tinyBatch(6, image);
  const plain = (x: tf.Tensor4D) => model.forward(x, { training: false });
  const frozen = <T>(precision: NetworkPrecision, use: (forward: FrozenNetwork['forward']) => T) =>
    withoutLeak(() => withFrozen(model, (network) => use((x) => network.forward(x, precision))));

  beforeAll(() => {
    // statistics, scales and offsets of a network that has learned something
    const learned = [...model.weights.snapshot()].map(([weight, { shape, data }]) => {
      if (shape.length !== 1 || weight.startsWith('normalise')) return [weight, { shape, data }] as const;
      const least = /mean|bias/.test(weight) ? -0.3 : 0.5;
      return [weight, { shape, data: take(tf.tidy(() => uniform(shape, deriveSeed(3n, weight)).add(least))) }] as const;
    });
    model.weights.load(new Map(learned));
  });

  it.each(['f32', 'bf16'] as const)('has the logits and features of the model but for rounding, in %s', (precision) => {
    const { logits, features } = tf.tidy(() => ({ ...plain(images) }));
    const found = frozen(precision, (forward) => {
      const outputs = tf.tidy(() => ({ ...forward(images) }));
      expect(Object.values(outputs).map(isBfloat16)).toEqual([false, false]);
      return { logits: take(outputs.logits), features: take(outputs.features) };
    });
    expectNear(found.logits, take(logits), TOLERANCE[precision]);
    expectNear(found.features, take(features), TOLERANCE[precision]);
  });

  it('has the gradient of the model by the images but for rounding', () => {
    const gradient = (logits: (x: tf.Tensor4D) => tf.Tensor2D) =>
      take(tf.grad((x: tf.Tensor) => tf.sum(crossEntropy(logits(x as tf.Tensor4D), oneHot)))(images));
    const expected = gradient((x) => plain(x).logits);
    const by = (precision: NetworkPrecision) => frozen(precision, (forward) => gradient((x) => forward(x).logits));
    expectNear(by('f32'), expected, 1e-4);
    // ReLUs near 0 may go the other way
    expect(relativeError(by('bf16'), expected)).toBeLessThan(0.3);
  });

  it('makes its weights ready once, and frees them where the work throws', () => {
    frozen('f32', (forward) => {
      const logits = () => take(tf.tidy(() => forward(images).logits));
      const first = logits();
      const before = tf.memory().numTensors;
      expect(logits()).toEqual(first);
      expect(tf.memory().numTensors).toBe(before);
    });
    withoutLeak(() =>
      expect(() =>
        withFrozen(model, (network) => {
          take(tf.tidy(() => network.forward(images, 'bf16').logits));
          throw new Error('enough');
        }),
      ).toThrow('enough'),
    );
  });
});

describe('freezing', () => {
  const { model, image } = tinyModel('resnet');
  const { images } = tinyBatch(3, image);

  it('takes the weights as they are then', () => {
    const logits = () => withFrozen(model, (network) => take(tf.tidy(() => network.forward(images).logits)));
    const before = logits();
    const [{ variable }] = model.weights.trainable;
    tf.tidy(() => variable.assign(variable.mul(2) as tf.Tensor));
    expect(logits()).not.toEqual(before);
  });
});
