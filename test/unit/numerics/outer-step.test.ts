import { describe, expect, it } from 'vitest';
import { tf } from '../../../services/numerics/backend.ts';
import type { Model } from '../../../services/numerics/models/model.ts';
import type { Objective } from '../../../services/numerics/objectives/objective.ts';
import { outerGradients } from '../../../services/numerics/outer-step.ts';
import { PassCounter } from '../../../services/numerics/pass-counter.ts';
import { Sgd } from '../../../services/numerics/sgd.ts';
import { largestDifference, take, withoutLeak } from './tensor-assertions.ts';
import { OBJECTIVES, tinyBatch, tinyModel } from './tiny-models.ts';

const N = 4;
const WEIGHTS = [0.5, 0, 2, 1];
const SGD = { learningRate: 0.05, momentum: 0.9, weightDecay: 5e-4 };

function attackedBatch(image: Parameters<typeof tinyBatch>[1]) {
  const { images, oneHot } = tinyBatch(N, image);
  const adversarial = tf.tidy(() => images.mul(0.9).add(0.02) as tf.Tensor4D);
  return { images, adversarial, oneHot };
}

/** Loss and all gradients in one array, in the order of the weights. */
function measured(model: Model, objective: Objective, batch: Parameters<typeof outerGradients>[2]) {
  const { loss, correct, gradients } = outerGradients(model, objective, batch, [1, 2]);
  expect([...gradients.keys()]).toEqual(model.weights.trainable.map(({ name }) => name));
  return { loss, correct, gradients: Float32Array.from([...gradients.values()].flatMap((g) => [...take(g)])) };
}

describe.each(OBJECTIVES)('the outer step of $name', (objective) => {
  // no batch statistics and no dropout, so that an example's gradient does not depend on the others
  const { model, image } = tinyModel('cnn');
  const batch = attackedBatch(image);
  const single = (i: number) => ({
    images: batch.images.slice([i, 0, 0, 0], [1, -1, -1, -1]),
    adversarial: batch.adversarial.slice([i, 0, 0, 0], [1, -1, -1, -1]),
    oneHot: batch.oneHot.slice([i, 0], [1, -1]),
  });
  const alone = WEIGHTS.map((_, i) => measured(model, objective, single(i)));

  const mean = (weights: readonly number[]) => {
    const total = weights.reduce((sum, weight) => sum + weight);
    const combine = (of: (i: number) => number) => weights.reduce((sum, weight, i) => sum + weight * of(i), 0) / total;
    return {
      loss: combine((i) => alone[i].loss),
      gradients: alone[0].gradients.map((_, j) => combine((i) => alone[i].gradients[j])),
    };
  };

  it.each([
    ['a mean over the batch', undefined],
    ['a weighted mean', WEIGHTS],
    ['a weighted mean, whatever the scale of the weights', WEIGHTS.map((weight) => weight * 1000)],
  ])('is %s', (_, weights) => {
    const found = measured(model, objective, weights ? { ...batch, weights: tf.tensor1d(weights) } : batch);
    const expected = mean(weights ?? [1, 1, 1, 1]);
    const scale = Math.max(...expected.gradients.map(Math.abs));
    expect(found.loss).toBeCloseTo(expected.loss, 5);
    expect(largestDifference(found.gradients, expected.gradients)).toBeLessThan(1e-5 * scale);
  });

  it('tells what the model said of the batch where asked to, and leaves no tensor', () => {
    const found = withoutLeak(() => {
      const { signals, gradients } = outerGradients(model, objective, batch, [1, 2], { signals: true });
      tf.dispose([...gradients.values()]);
      return signals!;
    });
    const said = (images: tf.Tensor4D) => {
      const { logits, features } = model.forward(images, { training: true, dropoutSeed: [1, 2] });
      return { logits: take(logits), features: take(features) };
    };
    const [clean, adversarial] = [said(batch.images), said(batch.adversarial)];
    expect([...found.adversarialLogits]).toEqual([...adversarial.logits]);
    expect([...found.adversarialFeatures]).toEqual([...adversarial.features]);
    expect([...found.cleanLogits]).toEqual(objective.outerUsesClean ? [...clean.logits] : []);
    expect([...found.cleanFeatures]).toEqual(objective.outerUsesClean ? [...clean.features] : []);
  });

  it('is 0 where all weights are 0', () => {
    const { loss, gradients } = measured(model, objective, { ...batch, weights: tf.zeros([N]) });
    expect(loss).toBe(0);
    expect(gradients.every((value) => value === 0)).toBe(true);
  });

  it('counts attacked images that are right', () => {
    const logits = model.forward(batch.adversarial, { training: false }).logits;
    const found = take(tf.argMax(logits, -1));
    const labels = take(tf.argMax(batch.oneHot, -1));
    expect(measured(model, objective, batch).correct).toBe(found.filter((value, i) => value === labels[i]).length);
  });

  it('counts its passes', () => {
    const passes = new PassCounter();
    outerGradients(model, objective, batch, [1, 2], { passes });
    const each = objective.outerUsesClean ? 2 * N : N;
    expect([passes.forwardPasses, passes.backwardPasses]).toEqual([each, each]);
  });

  it('lowers the loss over 20 steps of a network with batch statistics and dropout, and leaves no tensor', () => {
    withoutLeak(() => {
      const { model: trained, image: size } = tinyModel('wide resnet');
      const sgd = new Sgd(trained.weights);
      const training = attackedBatch(size);
      const losses = Array.from({ length: 20 }, (_, step) => {
        const before = tf.memory().numTensors;
        const { loss, gradients } = outerGradients(trained, objective, training, [step, 0]);
        sgd.update(gradients, SGD);
        expect(tf.memory().numTensors, `tensors after step ${step}`).toBe(before);
        return loss;
      });
      const early = losses.slice(0, 3).reduce((sum, loss) => sum + loss);
      expect(losses.slice(-3).reduce((sum, loss) => sum + loss)).toBeLessThan(early);
      tf.dispose([training.images, training.adversarial, training.oneHot]);
      sgd.dispose();
      trained.dispose();
    });
  });

  it('moves every running statistic once per forward pass', () => {
    const { model: normalised, image: size } = tinyModel('resnet');
    const training = attackedBatch(size);
    const statistic = (name: string) => normalised.weights.snapshot().get(name)!.data;
    const passes = objective.outerUsesClean ? [training.images, training.adversarial] : [training.adversarial];
    const expected = passes.reduce((running, x) => {
      const y = tf.tidy(() => {
        const filter = normalised.weights.trainable.find(({ name }) => name === 'conv1.weight')!.variable;
        const convolved = tf.conv2d(x.sub(0.5).div(0.25) as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same');
        return tf.mean(convolved, [0, 1, 2]);
      });
      const batchMean = take(y);
      return running.map((value, i) => 0.9 * value + 0.1 * batchMean[i]);
    }, statistic('bn1.running_mean'));
    tf.dispose([...outerGradients(normalised, objective, training, [1, 2]).gradients.values()]);
    expect(largestDifference(statistic('bn1.running_mean'), expected)).toBeLessThan(1e-5);
  });
});

describe('dropout in a training step', () => {
  const { model, image } = tinyModel('cnn with dropout');
  const batch = attackedBatch(image);
  const lossOf = (seed: readonly [number, number]) => {
    const { loss, gradients } = outerGradients(model, OBJECTIVES[0], batch, seed);
    tf.dispose([...gradients.values()]);
    return loss;
  };

  it('is decided by its seed', () => {
    expect(lossOf([1, 2])).toBe(lossOf([1, 2]));
    expect(lossOf([1, 2])).not.toBe(lossOf([2, 2]));
  });
});
