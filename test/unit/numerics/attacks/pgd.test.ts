import { describe, expect, it } from 'vitest';
import { type PgdOptions, pgd } from '../../../../services/numerics/attacks/pgd.ts';
import type { NoiseSeed, Start } from '../../../../services/numerics/attacks/start.ts';
import { tf } from '../../../../services/numerics/backend.ts';
import { crossEntropy, klDivergence } from '../../../../services/numerics/losses.ts';
import type { Model } from '../../../../services/numerics/models/model.ts';
import { deriveSeed, type SeedPair } from '../../../../services/numerics/random.ts';
import { largestDifference, take, withoutLeak } from '../tensor-assertions.ts';
import { tinyBatch, tinyModel } from '../tiny-models.ts';

const EVALUATION = { training: false } as const;
const STARTS: Start[] = ['uniform', 'gaussian', 'clean'];
const MODELS = ['linear', 'cnn with dropout', 'resnet', 'wide resnet'];
const LOSSES = ['cross-entropy', 'kl'] as const;

const BUDGETS = [
  { epsilon: 8 / 255, stepSize: 2 / 255, steps: 3 },
  { epsilon: 0.3, stepSize: 0.1, steps: 4 },
  { epsilon: 0.03, stepSize: 0.5, steps: 2 },
  { epsilon: 8 / 255, stepSize: 0, steps: 1 },
  { epsilon: 0, stepSize: 0.01, steps: 2 },
  { epsilon: 1, stepSize: 0.2, steps: 2 },
  { epsilon: 0.1, stepSize: 0.02, steps: 0 },
];

function lossOf(model: Model, name: (typeof LOSSES)[number], images: tf.Tensor4D, oneHot: tf.Tensor2D) {
  const logits = (x: tf.Tensor4D) => model.forward(x, EVALUATION).logits;
  const clean = logits(images);
  return (x: tf.Tensor4D) => (name === 'kl' ? klDivergence(clean, logits(x)) : crossEntropy(logits(x), oneHot));
}

/** Attacked images and the loss there, per example. */
function attack(
  images: tf.Tensor4D,
  loss: (x: tf.Tensor4D) => tf.Tensor1D,
  options: PgdOptions,
  seed: NoiseSeed,
): { pixels: Float32Array; losses: Float32Array; shape: number[] } {
  const attacked = pgd(images, loss, options, seed);
  const losses = take(tf.tidy(() => loss(attacked)));
  return { shape: attacked.shape, losses, pixels: take(attacked) };
}

describe.each(MODELS)('PGD on %s', (name) => {
  const { model, image } = tinyModel(name);
  const { images, oneHot } = tinyBatch(4, image);
  const clean = images.dataSync();
  const seed = deriveSeed(3n, name);

  describe.each(STARTS)('from a %s start', (start) => {
    it.each(LOSSES)('keeps its promises for %s, whatever the budget', (lossName) => {
      const loss = lossOf(model, lossName, images, oneHot);
      for (const budget of BUDGETS) {
        const options = { ...budget, start };
        const { pixels, losses, shape } = withoutLeak(() => attack(images, loss, options, seed));
        const at = JSON.stringify(budget);

        expect(shape, at).toEqual(images.shape);
        expect(largestDifference(pixels, clean), `in the ball, ${at}`).toBeLessThanOrEqual(budget.epsilon + 1e-6);
        expect(Math.min(...pixels), `at least 0, ${at}`).toBeGreaterThanOrEqual(0);
        expect(Math.max(...pixels), `at most 1, ${at}`).toBeLessThanOrEqual(1);
        expect(attack(images, loss, options, seed).pixels, `the same again, ${at}`).toEqual(pixels);

        const begun = attack(images, loss, { ...options, steps: 0 }, seed).losses;
        const gained = losses.map((value, i) => value - begun[i]);
        // a convex loss can't fall along the sign of its gradient; others may for one example, hardly for four
        const least = name === 'linear' ? Math.min(...gained) : gained.reduce((sum, value) => sum + value) / 4;
        expect(least, `loss not lower than at the start, ${at}`).toBeGreaterThanOrEqual(-1e-5);
      }
    });
  });

  it('raises the loss and moves by the step size where nothing binds', () => {
    const loss = lossOf(model, 'cross-entropy', images, oneHot);
    const options = { epsilon: 0.05, stepSize: 0.01, steps: 1, start: 'clean' } as const;
    const { pixels, losses } = attack(images, loss, options, seed);
    const before = attack(images, loss, { ...options, steps: 0 }, seed).losses;
    expect(losses.every((value, i) => value > before[i])).toBe(true);
    expect(largestDifference(pixels, clean)).toBeCloseTo(0.01, 6);
  });
});

describe("Fast AT's attack, one step of 1.25 epsilon from a uniform start (Wong 2020)", () => {
  const epsilon = 0.05;
  const options = { epsilon, stepSize: 1.25 * epsilon, steps: 1, start: 'uniform' } as const;

  it('lands where its published steps do: start in the ball, one signed step, back into ball and pixel range', () => {
    const { model, image } = tinyModel('linear');
    const { images, oneHot } = tinyBatch(6, image);
    const loss = lossOf(model, 'cross-entropy', images, oneHot);
    const seed = deriveSeed(8n, 'fast');
    const clean = images.dataSync();
    const begun = attack(images, loss, { ...options, steps: 0 }, seed).pixels;
    const start = tf.tensor(begun, images.shape) as tf.Tensor4D;
    const gradient = take(tf.tidy(() => tf.grad((x) => tf.sum(loss(x as tf.Tensor4D)))(start)));
    const expected = begun.map((value, i) => {
      const stepped = value + 1.25 * epsilon * Math.sign(gradient[i]);
      return Math.min(1, Math.max(0, Math.min(clean[i] + epsilon, Math.max(clean[i] - epsilon, stepped))));
    });
    const { pixels } = attack(images, loss, options, seed);
    expect(largestDifference(pixels, expected)).toBeLessThanOrEqual(1e-6);
    const moved = pixels.map((value, i) => Math.abs(value - clean[i]));
    // 1.25 epsilon reaches the ball's surface from seven starts in eight, and falls short from the others
    const inside = moved.filter((distance) => distance < epsilon - 1e-6).length / moved.length;
    expect(inside).toBeGreaterThan(0.05);
    expect(inside).toBeLessThan(0.5);
  });
});

describe('the seed of an attack', () => {
  const { model, image } = tinyModel('resnet');
  const { images, oneHot } = tinyBatch(8, image);
  const seeds = Array.from({ length: 8 }, (_, i): SeedPair => deriveSeed(5n, i));
  const options = { epsilon: 0.1, stepSize: 0.02, steps: 0 };
  const noLoss = lossOf(model, 'cross-entropy', images, oneHot);

  it.each(['uniform', 'gaussian'] as const)('decides the %s start', (start) => {
    const [one, other] = seeds.map((seed) => attack(images, noLoss, { ...options, start }, seed).pixels);
    expect(largestDifference(one, other)).toBeGreaterThan(0);
  });

  it('does not matter for a clean start', () => {
    expect(attack(images, noLoss, { ...options, start: 'clean' }, seeds[0]).pixels).toEqual(images.dataSync());
  });

  it('gives a uniform start that fills the ball and a gaussian one that stays near', () => {
    const offset = (start: Start) =>
      largestDifference(attack(images, noLoss, { ...options, start }, seeds[0]).pixels, images.dataSync());
    expect(offset('uniform')).toBeGreaterThan(0.099);
    expect(offset('gaussian')).toBeLessThan(0.01);
    expect(offset('gaussian')).toBeGreaterThan(0.001);
  });

  it.each(['uniform', 'gaussian'] as const)('given per example makes a %s start independent of the batch', (start) => {
    const rows = (from: number, to: number) => {
      const x = images.slice([from, 0, 0, 0], [to - from, -1, -1, -1]);
      return { x, loss: lossOf(model, 'cross-entropy', x, oneHot.slice([from, 0], [to - from, -1])) };
    };
    for (const steps of [0, 3]) {
      const attackPart = (from: number, to: number) => {
        const { x, loss } = rows(from, to);
        return attack(x, loss, { ...options, steps, start }, seeds.slice(from, to)).pixels;
      };
      const together = attackPart(0, 8);
      const alone = seeds.flatMap((_, i) => [...attackPart(i, i + 1)]);
      expect(largestDifference(together, alone)).toBeLessThanOrEqual(1e-5);
    }
  });
});

describe('a step of an attack', () => {
  const { model, image } = tinyModel('linear');
  const { images, oneHot } = tinyBatch(2, image);
  const options = { epsilon: 0.1, stepSize: 0.02, steps: 5, start: 'uniform' } as const;

  it('is announced before it is made', () => {
    let announced = 0;
    const loss = lossOf(model, 'cross-entropy', images, oneHot);
    pgd(images, loss, options, [1, 2], () => {
      announced += 1;
    }).dispose();
    expect(announced).toBe(5);
  });

  it('can be refused, which ends the attack and leaves no tensor', () => {
    const loss = lossOf(model, 'cross-entropy', images, oneHot);
    let announced = 0;
    const refuseThird = () => {
      announced += 1;
      if (announced === 3) throw new Error('refused');
    };
    withoutLeak(() => expect(() => pgd(images, loss, options, [1, 2], refuseThird)).toThrow('refused'));
    expect(announced).toBe(3);
  });
});
