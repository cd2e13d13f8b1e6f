import { describe, expect, it } from 'vitest';
import { tf } from '../../../../services/numerics/backend.ts';
import { apgd } from '../../../../services/numerics/evaluation/apgd.ts';
import { classOfRank, margin, targetedDlr } from '../../../../services/numerics/evaluation/attack-losses.ts';
import { type EvaluationBatch, takeExamples } from '../../../../services/numerics/evaluation/evaluation-batch.ts';
import { crossEntropy } from '../../../../services/numerics/losses.ts';
import type { Model } from '../../../../services/numerics/models/model.ts';
import { largestDifference, take } from '../tensor-assertions.ts';
import { mnistAtModel, rightDigits } from './mnist-at.ts';

const EPSILON = 0.1;
const SEED = 1n;

type Point = { loss: number; gradient: Float32Array; wrong: boolean };
type Look = (x: Float32Array) => Point;

/** The loss at one image, its gradient, and whether the model is wrong there. */
function looker(model: Model, one: EvaluationBatch, targetRank: number | undefined): Look {
  const logits = (x: tf.Tensor) => model.forward(x as tf.Tensor4D, { training: false }).logits;
  const target = targetRank && classOfRank(logits(one.images), one.oneHot, targetRank);
  const loss = (x: tf.Tensor) =>
    target ? targetedDlr(logits(x), one.oneHot, target) : crossEntropy(logits(x), one.oneHot);
  return (values) =>
    tf.tidy(() => {
      const x = tf.tensor4d(values, one.images.shape);
      const { value, grad } = tf.valueAndGrad(loss)(x);
      const gradient = grad.dataSync() as Float32Array;
      return { loss: value.dataSync()[0], gradient, wrong: margin(logits(x), one.oneHot).dataSync()[0] < 0 };
    });
}

/** Algorithm 1 of the paper, word for word, for one image and with the checkpoints given. */
function algorithmOne(clean: Float32Array, start: Float32Array, look: Look, iterations: number, halts: number[]) {
  const project = (x: Float32Array) =>
    x.map((value, i) => Math.min(Math.max(value, clean[i] - EPSILON, 0), clean[i] + EPSILON, 1));
  const at = [start];
  const f = [look(start)];
  let [best, bestAt, step] = [f[0], start, 2 * EPSILON];
  let [lastHalt, bestAtHalt, halvedAtHalt, halvings] = [0, f[0].loss, true, 0];
  let here = start;
  let gradient = f[0].gradient;
  for (let k = 0; k < iterations && !f[k].wrong; k++) {
    const z = project(here.map((value, i) => value + step * Math.sign(gradient[i])));
    const before = at[k - 1] ?? here;
    const next =
      k === 0 ? z : project(here.map((value, i) => value + 0.75 * (z[i] - value) + 0.25 * (value - before[i])));
    at[k] = here;
    at.push(next);
    f.push(look(next));
    here = next;
    gradient = f[k + 1].gradient;
    if (f[k + 1].wrong || f[k + 1].loss > best.loss) [best, bestAt] = [f[k + 1], next];
    if (!halts.includes(k + 1)) continue;
    const rises = f.slice(lastHalt, k + 1).filter(({ loss }, i) => f[lastHalt + i + 1].loss > loss).length;
    const halve = rises <= 0.75 * (k + 1 - lastHalt) || (!halvedAtHalt && bestAtHalt >= best.loss);
    if (halve) {
      step /= 2;
      halvings += 1;
      [here, gradient] = [bestAt, best.gradient];
    }
    [lastHalt, bestAtHalt, halvedAtHalt] = [k + 1, best.loss, halve];
  }
  return { bestAt, halvings };
}

describe('APGD', () => {
  const model = mnistAtModel();
  const digits = rightDigits(model, 8);

  it.each([undefined, 1, 4])('does what algorithm 1 says, for target %s', (targetRank) => {
    const options = { epsilon: EPSILON, ...(targetRank && { targetRank }) };
    // by the paper's shares of 22, 41, 57, 70, 80, 87, 93 and 99 %
    const halts = [5, 9, 12, 14, 16, 18, 19, 20];
    let halvings = 0;
    for (let row = 0; row < digits.indices.length; row += 2) {
      const one = takeExamples(digits, [row]);
      const start = take(apgd({ model }, one, { ...options, iterations: 0 }, SEED));
      const look = looker(model, one, targetRank);
      const expected = algorithmOne(one.images.dataSync() as Float32Array, start, look, 20, halts);
      const found = take(apgd({ model }, one, { ...options, iterations: 20 }, SEED));
      expect(largestDifference(found, expected.bestAt), `digit ${row}`).toBeLessThan(1e-4);
      halvings += expected.halvings;
    }
    expect(halvings).toBeGreaterThan(0);
  });

  it('starts on the surface of the ball', () => {
    const start = take(apgd({ model }, digits, { epsilon: EPSILON, iterations: 0 }, SEED));
    // half of the directions lead out of [0,1] where a pixel is black or white, the largest among them
    const moved = largestDifference(start, digits.images.dataSync());
    expect(moved).toBeLessThanOrEqual(EPSILON + 1e-6);
    expect(moved).toBeGreaterThan(0.95 * EPSILON);
  });
});
