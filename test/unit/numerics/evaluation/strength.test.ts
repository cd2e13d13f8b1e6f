import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gatherImages } from '../../../../services/dataset/batch.ts';
import { pgd } from '../../../../services/numerics/attacks/pgd.ts';
import { tf } from '../../../../services/numerics/backend.ts';
import { apgd } from '../../../../services/numerics/evaluation/apgd.ts';
import { correctRows } from '../../../../services/numerics/evaluation/correct-rows.ts';
import { type EvaluationBatch, takeExamples } from '../../../../services/numerics/evaluation/evaluation-batch.ts';
import { fabWithin } from '../../../../services/numerics/evaluation/fab.ts';
import { crossEntropy } from '../../../../services/numerics/losses.ts';
import { loadCheckpoint } from '../../../../services/numerics/models/load-checkpoint.ts';
import { createModel } from '../../../../services/numerics/models/model.ts';
import { deriveSeed } from '../../../../services/numerics/random.ts';
import { MNIST_SHAPE, mnistDigits } from '../../dataset/fixtures/mnist.ts';
import { oneHot } from '../tiny-models.ts';

// An adversarially trained network for MNIST, so that attacks have something to work on; made by
// test/reference/autoattack/train.ts, see the README there.
const CLASSES = 10;
const model = createModel({
  spec: { architecture: 'resnet', depth: 8, width: 6 },
  image: MNIST_SHAPE,
  classes: CLASSES,
  normalisation: { mean: [0], std: [1] },
  seed: 0n,
});
loadCheckpoint(model, readFileSync(new URL('mnist-at.safetensors', import.meta.url)));

const EXAMPLES = 100;

/** A little beyond the radius it was trained for: many examples fall, many do not. */
const EPSILON = 0.12;
const GRADIENTS = 20;
const SEEDS = [1n, 2n];

const accuracy = (right: Uint8Array) => right.reduce((sum, value) => sum + value, 0) / right.length;
const under = (attack: () => tf.Tensor4D) => accuracy(tf.tidy(() => correctRows(model, attack(), batch.oneHot)));

/** The first test images, those that the network has right. */
function rightImages(): EvaluationBatch {
  const indices = Uint32Array.from({ length: EXAMPLES }, (_, i) => i);
  const digits = mnistDigits(0, EXAMPLES);
  const all = {
    images: tf.tensor4d(gatherImages(digits, MNIST_SHAPE, indices), [EXAMPLES, 28, 28, 1]),
    oneHot: oneHot([...digits.labels], CLASSES),
    indices,
  };
  const right = correctRows(model, all.images, all.oneHot);
  return takeExamples(
    all,
    [...right.keys()].filter((row) => right[row]),
  );
}

const batch = rightImages();

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

  it('APGD is at least as strong as PGD with as many gradients', () => {
    for (const seed of SEEDS) {
      const [ours, theirs] = [byApgd(seed), byPgd(seed)];
      expect(theirs).toBeGreaterThan(0.1);
      expect(theirs).toBeLessThan(0.95);
      expect(ours).toBeLessThanOrEqual(theirs);
    }
  });

  it('targeted APGD and FAB towards the runner-up come near APGD on cross-entropy', () => {
    const untargeted = byApgd(1n);
    expect(Math.abs(byApgd(1n, 1) - untargeted)).toBeLessThan(0.1);
    const byFab = under(() => fabWithin({ model }, batch, { iterations: GRADIENTS, targetRank: 1 }, EPSILON));
    expect(Math.abs(byFab - untargeted)).toBeLessThan(0.15);
  });
});
