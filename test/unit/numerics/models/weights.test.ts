import { describe, expect, it } from 'vitest';
import { tf } from '../../../../services/numerics/backend.ts';
import { dropout } from '../../../../services/numerics/models/layers.ts';
import { createModel } from '../../../../services/numerics/models/model.ts';
import { Weights } from '../../../../services/numerics/models/weights.ts';
import { take, withoutLeak } from '../tensor-assertions.ts';
import { tinyBatch, tinyModel } from '../tiny-models.ts';

const EVALUATION = { training: false } as const;

describe('weights', () => {
  it("are written in PyTorch's layout", () => {
    const weights = new Weights();
    const values = tf.range(0, 12);
    weights.add('conv', 'conv', values.reshape([1, 2, 3, 2]));
    weights.add('linear', 'linear', values.reshape([3, 4]));
    weights.add('bias', 'vector', tf.tensor1d([1, 2]), false);
    const snapshot = weights.snapshot();
    // [kh, kw, in, out] to [out, in, kh, kw]: out changes slowest, then in, then the column of the kernel
    expect(snapshot.get('conv')).toEqual({
      shape: [2, 3, 1, 2],
      data: Float32Array.of(0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11),
    });
    expect(snapshot.get('linear')).toEqual({
      shape: [4, 3],
      data: Float32Array.of(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11),
    });
    expect(weights.shapes()).toEqual(new Map([...snapshot].map(([name, { shape }]) => [name, shape])));
    expect(weights.trainable.map(({ name }) => name)).toEqual(['conv', 'linear']);
  });

  it('can be declared once', () => {
    const weights = new Weights();
    weights.add('w', 'vector', tf.zeros([1]));
    expect(() => weights.add('w', 'vector', tf.zeros([1]))).toThrow('declared twice');
  });

  it.each(['cnn with dropout', 'resnet', 'wide resnet'])('of %s make another model the same', (name) => {
    withoutLeak(() => {
      const [{ model, image }, { model: other }] = [tinyModel(name, 1n), tinyModel(name, 2n)];
      const { images, oneHot } = tinyBatch(3, image);
      const before = take(tf.tidy(() => other.forward(images, EVALUATION).logits));
      const wanted = take(tf.tidy(() => model.forward(images, EVALUATION).logits));
      expect(before).not.toEqual(wanted);
      const snapshot = withoutLeak(() => model.weights.snapshot());
      withoutLeak(() => other.weights.load(snapshot));
      expect(other.weights.snapshot()).toEqual(snapshot);
      expect(take(tf.tidy(() => other.forward(images, EVALUATION).logits))).toEqual(wanted);
      tf.dispose([images, oneHot]);
      model.dispose();
      other.dispose();
    });
  });

  it('start as a function of the seed', () => {
    const image = { height: 8, width: 8, channels: 1 };
    const fresh = (seed: bigint) => {
      const spec = { architecture: 'resnet', depth: 8, width: 2 };
      return createModel({ spec, image, classes: 3, normalisation: { mean: [0.5], std: [0.2] }, seed });
    };
    expect(fresh(4n).weights.snapshot()).toEqual(fresh(4n).weights.snapshot());
    expect(fresh(4n).weights.snapshot()).not.toEqual(fresh(5n).weights.snapshot());
    expect(fresh(4n).weights.snapshot().get('normalise.std')!.data).toEqual(Float32Array.of(0.2));
  });
});

describe('dropout', () => {
  const ones = tf.ones([4, 2500]);
  const dropped = (name: string, rate: number, training: boolean) => () =>
    take(dropout(name, ones, rate, { training, dropoutSeed: [1, 2] }).clone());

  it('is off in evaluation and at rate 0', () => {
    expect(dropped('a', 0.5, false)()).toEqual(ones.dataSync());
    expect(dropped('a', 0, true)()).toEqual(ones.dataSync());
    const { model, image } = tinyModel('cnn with dropout');
    const { images } = tinyBatch(2, image);
    const logits = (seed: number) => take(model.forward(images, { training: false, dropoutSeed: [seed, 0] }).logits);
    expect(logits(1)).toEqual(logits(2));
  });

  it('zeroes its share in training and scales what stays', () => {
    const values = dropped('a', 0.3, true)();
    const kept = values.filter((value) => value !== 0);
    expect(kept.length / values.length).toBeCloseTo(0.7, 1);
    expect(kept.every((value) => Math.abs(value - 1 / 0.7) < 1e-6)).toBe(true);
  });

  it('drops other values in each layer', () => {
    expect(dropped('a', 0.5, true)()).not.toEqual(dropped('b', 0.5, true)());
  });

  it('needs a seed', () => {
    expect(() => dropout('a', ones, 0.5, { training: true })).toThrow('seed');
  });
});
