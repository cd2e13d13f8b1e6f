import { describe, expect, it } from 'vitest';
import { tf } from '../../../../services/numerics/backend.ts';
import { apgd } from '../../../../services/numerics/evaluation/apgd.ts';
import type { AttackContext } from '../../../../services/numerics/evaluation/attack-context.ts';
import { logitDifference, margin, targetedDlr } from '../../../../services/numerics/evaluation/attack-losses.ts';
import { correctRows } from '../../../../services/numerics/evaluation/correct-rows.ts';
import { type EvaluationBatch, takeExamples } from '../../../../services/numerics/evaluation/evaluation-batch.ts';
import { fabWithin } from '../../../../services/numerics/evaluation/fab.ts';
import { square } from '../../../../services/numerics/evaluation/square.ts';
import { crossEntropy } from '../../../../services/numerics/losses.ts';
import { PassCounter } from '../../../../services/numerics/pass-counter.ts';
import { largestDifference, take, withoutLeak } from '../tensor-assertions.ts';
import { CLASSES } from '../tiny-models.ts';
import { labelledBatch } from './labelled-batch.ts';

const N = 8;
const SEED = 3n;

type Attack = (context: AttackContext, batch: EvaluationBatch, epsilon: number, seed: bigint) => tf.Tensor4D;

const ATTACKS: Record<string, Attack> = {
  'APGD on cross-entropy': (context, batch, epsilon, seed) => apgd(context, batch, { epsilon, iterations: 12 }, seed),
  'targeted APGD': (context, batch, epsilon, seed) =>
    apgd(context, batch, { epsilon, iterations: 12, targetRank: 1 }, seed),
  'targeted FAB': (context, batch, epsilon) => fabWithin(context, batch, { iterations: 8, targetRank: 1 }, epsilon),
  Square: (context, batch, epsilon, seed) => square(context, batch, { epsilon, queries: 30 }, seed),
};

/** A radius at which some examples fall and some do not, by model. */
const RADII: Record<string, number> = { linear: 0.02, 'cnn with dropout': 0.02, resnet: 0.004 };

describe.each(Object.keys(RADII))('on %s', (name) => {
  const epsilon = RADII[name];
  const { model, batch } = labelledBatch(name, N);
  const clean = batch.images.dataSync();

  describe.each(Object.entries(ATTACKS))('%s', (_, attack) => {
    it.each([0, epsilon, 1])('stays in [0,1] and in a ball of radius %f', (radius) => {
      const attacked = withoutLeak(() => take(attack({ model }, batch, radius, SEED)));
      expect(attacked.length).toBe(clean.length);
      expect(largestDifference(attacked, clean)).toBeLessThanOrEqual(radius + 1e-6);
      expect(Math.min(...attacked)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...attacked)).toBeLessThanOrEqual(1);
    });

    it('gives the same images for the same seed', () => {
      const [first, second] = [SEED, SEED].map((seed) => take(attack({ model }, batch, epsilon, seed)));
      expect(second).toEqual(first);
    });

    it('gives an example the same image whatever it is batched with', () => {
      const together = take(attack({ model }, batch, epsilon, SEED));
      const parts = [[6, 2, 3], [0], [1, 4, 5, 7]].flatMap((rows) => {
        const part = takeExamples(batch, rows);
        const attacked = take(attack({ model }, part, epsilon, SEED));
        const size = clean.length / N;
        return rows.map((row, i) => ({ row, image: attacked.subarray(i * size, (i + 1) * size) }));
      });
      for (const { row, image } of parts) {
        const expected = together.subarray((row * clean.length) / N, ((row + 1) * clean.length) / N);
        expect(largestDifference(image, expected), `example ${row}`).toBeLessThanOrEqual(1e-5);
      }
    });

    it('breaks every example of a ball that holds every image', () => {
      const attacked = tf.tidy(() => correctRows(model, attack({ model }, batch, 1, SEED), batch.oneHot));
      expect([...attacked].filter((right) => right)).toHaveLength(0);
    });

    it('ends when the hook throws, and leaves nothing behind', () => {
      let steps = 0;
      const beforeStep = () => {
        steps += 1;
        if (steps === 3) throw new Error('enough');
      };
      withoutLeak(() => expect(() => attack({ model, beforeStep }, batch, 1e-5, SEED)).toThrow('enough'));
    });
  });
});

describe('the points that attacks give', () => {
  const { model, batch } = labelledBatch('cnn with dropout', N);
  const logits = (x: tf.Tensor4D) => model.forward(x, { training: false }).logits;
  const EPSILON = RADII['cnn with dropout'];

  /** Values per example of a loss at the attacked images, Infinity where the model is wrong. */
  function reached(attack: () => tf.Tensor4D, loss: (z: tf.Tensor2D) => tf.Tensor): number[] {
    return tf.tidy(() => {
      const z = logits(attack());
      const wrong = margin(z, batch.oneHot).dataSync();
      return [...loss(z).dataSync()].map((value, i) => (wrong[i] < 0 ? Number.POSITIVE_INFINITY : value));
    });
  }

  it('have no less cross-entropy than where APGD starts, or are wrong', () => {
    const at = (iterations: number) =>
      reached(
        () => apgd({ model }, batch, { epsilon: EPSILON, iterations }, SEED),
        (z) => crossEntropy(z, batch.oneHot),
      );
    const [start, end] = [at(0), at(20)];
    for (const [i, value] of end.entries()) expect(value).toBeGreaterThanOrEqual(start[i]);
    expect(end).not.toEqual(start);
  });

  it.each([1, 2, 3])('have no less targeted DLR, for rank %i', (targetRank) => {
    const target = tf.tidy(() => {
      const order = logits(batch.images).topk(CLASSES).indices.arraySync() as number[][];
      return tf
        .oneHot(
          order.map((row) => row[targetRank]),
          CLASSES,
        )
        .cast('float32') as tf.Tensor2D;
    });
    const at = (iterations: number) =>
      reached(
        () => apgd({ model }, batch, { epsilon: EPSILON, iterations, targetRank }, SEED),
        (z) => targetedDlr(z, batch.oneHot, target),
      );
    const [start, end] = [at(0), at(20)];
    for (const [i, value] of end.entries()) expect(value).toBeGreaterThanOrEqual(start[i]);
    expect(end).not.toEqual(start);
  });

  it('have no more margin than where Square starts', () => {
    const at = (queries: number) =>
      tf.tidy(() =>
        margin(logits(square({ model }, batch, { epsilon: EPSILON, queries }, SEED)), batch.oneHot).dataSync(),
      );
    const [start, end] = [at(0), at(60)];
    for (const [i, value] of end.entries()) expect(value).toBeLessThanOrEqual(start[i] + 1e-5);
    expect(end).not.toEqual(start);
  });

  it('are where the difference of logits has grown, for FAB', () => {
    const images = fabWithin({ model }, batch, { iterations: 10, targetRank: 1 }, 1);
    const grown = tf.tidy(() => {
      const order = logits(batch.images).topk(2).indices.arraySync() as number[][];
      const target = tf.oneHot(
        order.map((row) => row[1]),
        CLASSES,
      ) as tf.Tensor2D;
      const at = (x: tf.Tensor4D) => logitDifference(logits(x), batch.oneHot, target);
      return tf.sub(at(images), at(batch.images)).dataSync();
    });
    images.dispose();
    for (const difference of grown) expect(difference).toBeGreaterThan(0);
  });
});

describe('passes', () => {
  const { model, batch } = labelledBatch('linear', N);
  const counted = (run: (context: AttackContext) => tf.Tensor4D) => {
    const passes = new PassCounter();
    run({ model, passes }).dispose();
    return [passes.forwardPasses, passes.backwardPasses];
  };

  it('are counted per example, where none is broken', () => {
    const epsilon = 0;
    expect(counted((c) => apgd(c, batch, { epsilon, iterations: 5 }, SEED))).toEqual([6 * N, 6 * N]);
    expect(counted((c) => apgd(c, batch, { epsilon, iterations: 5, targetRank: 1 }, SEED))).toEqual([7 * N, 6 * N]);
    expect(counted((c) => fabWithin(c, batch, { iterations: 5, targetRank: 1 }, epsilon))).toEqual([11 * N, 5 * N]);
    expect(counted((c) => square(c, batch, { epsilon, queries: 5 }, SEED))).toEqual([6 * N, 0]);
  });

  it('are not spent on examples that are broken', () => {
    const epsilon = 1;
    const [forward] = counted((c) => apgd(c, batch, { epsilon, iterations: 100 }, SEED));
    expect(forward).toBeLessThan(30 * N);
    const [queries] = counted((c) => square(c, batch, { epsilon, queries: 1000 }, SEED));
    expect(queries).toBeLessThan(300 * N);
  });
});
