import { describe, expect, it } from 'vitest';
import { pgd } from '../../../../services/numerics/attacks/pgd.ts';
import { tf } from '../../../../services/numerics/backend.ts';
import { apgd } from '../../../../services/numerics/evaluation/apgd.ts';
import { correctRows } from '../../../../services/numerics/evaluation/correct-rows.ts';
import { fabWithin } from '../../../../services/numerics/evaluation/fab.ts';
import { crossEntropy } from '../../../../services/numerics/losses.ts';
import { deriveSeed } from '../../../../services/numerics/random.ts';
import { mnistAtModel, rightDigits } from './mnist-at.ts';

const EXAMPLES = 100;

/** Beyond the radius of 0.1 that it was trained for: some examples fall easily, some hardly, most do not. */
const EPSILON = 0.16;
const GRADIENTS = 20;
const SEEDS = [1n, 2n];

const model = mnistAtModel();
const batch = rightDigits(model, EXAMPLES);

const accuracy = (right: Uint8Array) => right.reduce((sum, value) => sum + value, 0) / right.length;
const under = (attack: () => tf.Tensor4D) => accuracy(tf.tidy(() => correctRows(model, attack(), batch.oneHot)));

describe('on an adversarially trained network', () => {
  const byPgd = (seed: bigint) =>
    under(() => {
      const loss = (x: tf.Tensor4D) => crossEntropy(model.forward(x, { training: false }).logits, batch.oneHot);
      const seeds = [...batch.indices].map((index) => deriveSeed(seed, 'evaluation', 0, index));
      const stepSize = (2.5 * EPSILON) / GRADIENTS;
      return pgd(batch.images, loss, { epsilon: EPSILON, stepSize, steps: GRADIENTS, start: 'uniform' }, seeds);
    });
  const byApgd = (seed: bigint, targetRank?: number) =>
    under(() => {
      // one gradient goes to the start
      const options = { epsilon: EPSILON, iterations: GRADIENTS - 1, ...(targetRank && { targetRank }) };
      return apgd({ model }, batch, options, seed);
    });

  it('APGD is stronger than PGD with as many gradients', () => {
    for (const seed of SEEDS) {
      const [adaptive, fixed] = [byApgd(seed), byPgd(seed)];
      expect(fixed).toBeGreaterThan(0.5);
      expect(fixed).toBeLessThan(0.95);
      expect(adaptive).toBeLessThan(fixed);
    }
  });

  it('targeted APGD and FAB towards the runner-up come near APGD on cross-entropy', () => {
    const untargeted = byApgd(1n);
    expect(Math.abs(byApgd(1n, 1) - untargeted)).toBeLessThan(0.1);
    const byFab = under(() => fabWithin({ model }, batch, { iterations: GRADIENTS, targetRank: 1 }, EPSILON));
    expect(Math.abs(byFab - untargeted)).toBeLessThan(0.15);
  });
});
