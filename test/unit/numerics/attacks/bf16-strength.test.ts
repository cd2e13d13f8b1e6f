import { describe, expect, it } from 'vitest';
import { craft } from '../../../../services/numerics/attacks/craft.ts';
import { tf } from '../../../../services/numerics/backend.ts';
import { at } from '../../../../services/numerics/objectives/at.ts';
import { mart } from '../../../../services/numerics/objectives/mart.ts';
import { trades } from '../../../../services/numerics/objectives/trades.ts';
import type { NetworkPrecision } from '../../../../services/numerics/precision.ts';
import { deriveSeed } from '../../../../services/numerics/random.ts';
import { mnistAtModel, rightDigits } from '../evaluation/mnist-at.ts';
import { take } from '../tensor-assertions.ts';

const EXAMPLES = 200;
const BUDGET = { epsilon: 0.1, stepSize: 0.025, steps: 10 };
const SEED = deriveSeed(5n, 'strength');

/** What bfloat16 may lose of the loss that an attack reaches in float32. */
const MOST_LOST = 0.01;

const model = mnistAtModel();
const batch = rightDigits(model, EXAMPLES);

describe('an attack in bfloat16 on a trained network', () => {
  it.each([at, trades(6), mart(5)])(
    'of $name is as strong as one in float32, by the loss in float32',
    (objective) => {
      const logitsOf = (x: tf.Tensor4D) => model.forward(x, { training: false }).logits;
      const lossAt = (x: tf.Tensor4D) =>
        tf.tidy(() => {
          const logits = { clean: logitsOf(batch.images), adversarial: logitsOf(x) };
          return tf.mean(objective.innerLoss(logits, batch.oneHot)).dataSync()[0];
        });
      const attacked = (precision: NetworkPrecision) =>
        craft(model, objective, batch, BUDGET, SEED, undefined, undefined, precision);
      const [f32, bf16] = [attacked('f32'), attacked('bf16')];
      const [reached, reachedInBf16] = [lossAt(f32), lossAt(bf16)];
      expect(reached).toBeGreaterThan(1.5 * lossAt(batch.images) + 0.01);
      expect(Math.abs(reachedInBf16 / reached - 1)).toBeLessThan(MOST_LOST);
      // another arithmetic did run
      expect(take(bf16)).not.toEqual(take(f32));
    },
    120_000,
  );
});
