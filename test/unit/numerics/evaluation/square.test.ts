import { describe, expect, it } from 'vitest';
import { tf } from '../../../../services/numerics/backend.ts';
import { correctRows } from '../../../../services/numerics/evaluation/correct-rows.ts';
import { square, squareSide } from '../../../../services/numerics/evaluation/square.ts';
import { take, withoutLeak } from '../tensor-assertions.ts';
import { labelledBatch } from './labelled-batch.ts';

const N = 6;

describe("a square's side", () => {
  it('shrinks as published', () => {
    const sides = [0, 10, 11, 50, 51, 200, 201, 500, 501, 1000, 1001, 2000, 2001, 4000, 4001, 5000];
    expect(sides.map((query) => squareSide(query, 32, 32))).toEqual([
      29, 29, 20, 20, 14, 14, 10, 10, 7, 7, 5, 5, 4, 4, 3, 3,
    ]);
  });

  it('fits into the image, and covers a pixel at least', () => {
    expect(squareSide(0, 4, 100)).toBe(4);
    expect(squareSide(9000, 8, 8)).toBe(1);
  });
});

describe('Square', () => {
  const { model, batch } = labelledBatch('resnet', N);
  const [, height, width, channels] = batch.images.shape;

  it('starts from vertical stripes of corners of the ball', () => {
    const epsilon = 1e-3;
    const moved = withoutLeak(() =>
      take(tf.tidy(() => tf.sub(square({ model }, batch, { epsilon, queries: 0 }, 1n), batch.images))),
    );
    const clean = batch.images.dataSync();
    const signs = new Map<string, number>();
    for (const [i, offset] of moved.entries()) {
      // only values away from the bounds have room on either side
      if (clean[i] < 2 * epsilon || clean[i] > 1 - 2 * epsilon) continue;
      expect(Math.abs(offset)).toBeCloseTo(epsilon, 6);
      const column = Math.floor(i / channels) % width;
      const example = Math.floor(i / (height * width * channels));
      const stripe = `${example}/${column}/${i % channels}`;
      expect(Math.sign(offset)).toBe(signs.get(stripe) ?? Math.sign(offset));
      signs.set(stripe, Math.sign(offset));
    }
    const up = [...signs.values()].filter((value) => value > 0).length;
    expect(up).toBeGreaterThan(signs.size / 4);
    expect(up).toBeLessThan((3 * signs.size) / 4);
  });

  it('breaks an undefended model', () => {
    const right = tf.tidy(() =>
      correctRows(model, square({ model }, batch, { epsilon: 0.1, queries: 500 }, 1n), batch.oneHot),
    );
    expect([...right]).toEqual(Array<number>(N).fill(0));
  });

  it('needs no gradient: it breaks a model that has none', () => {
    const steps = 8;
    const coarse = {
      ...model,
      forward: (x: tf.Tensor4D) => {
        const quantised = tf.div(tf.round(tf.mul(x, steps)), steps) as tf.Tensor4D;
        return model.forward(quantised, { training: false });
      },
    };
    const right = tf.tidy(() => {
      const { logits } = coarse.forward(batch.images);
      const labels = tf.oneHot(tf.argMax(logits, -1), model.classes).cast('float32') as tf.Tensor2D;
      const attacked = square({ model: coarse }, { ...batch, oneHot: labels }, { epsilon: 0.1, queries: 500 }, 1n);
      return correctRows(coarse, attacked, labels);
    });
    expect([...right]).toEqual(Array<number>(N).fill(0));
  });
});
