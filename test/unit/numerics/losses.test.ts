import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tf } from '../../../services/numerics/backend.ts';
import { boostedCrossEntropy, crossEntropy, klDivergence } from '../../../services/numerics/losses.ts';
import { expectFinite, largestDifference, take, withoutLeak } from './tensor-assertions.ts';
import { OBJECTIVES, oneHot } from './tiny-models.ts';

const C = 3;

const EDGES: [string, number[], number[]][] = [
  ['logits that are all equal', [0, 0, 0], [0, 0, 0]],
  ['wrong classes that tie', [1, 2, 2], [0, 5, 5]],
  ['the true class tied with another', [4, 4, 0], [4, 4, 0]],
  ['q_y that rounds to 1', [0, 0, 0], [200, 0, 0]],
  ['a wrong class that rounds to 1', [0, 0, 0], [0, 200, 0]],
  ['p and q that contradict each other', [300, 0, 0], [0, 0, 300]],
  ['huge logits', [1e4, -1e4, 0], [-1e4, 1e4, 5e3]],
  ['logits near the end of float32', [1e37, -1e37, 0], [-1e37, 1e37, 0]],
];

const row = (values: readonly number[]) => tf.tensor2d([...values], [1, C]);

describe.each(OBJECTIVES)('the losses of $name', (objective) => {
  it.each(EDGES)('and their gradients are finite for %s, whatever the label', (_, clean, adversarial) => {
    for (let label = 0; label < C; label++) {
      const y = oneHot([label], C);
      for (const loss of [objective.innerLoss, objective.outerLoss]) {
        const value = (z: tf.Tensor, zAdversarial: tf.Tensor) =>
          loss({ clean: z as tf.Tensor2D, adversarial: zAdversarial as tf.Tensor2D }, y);
        const losses = take(tf.tidy(() => value(row(clean), row(adversarial))));
        expectFinite(losses, 'loss');
        expect(losses[0]).toBeGreaterThanOrEqual(-1e-6);
        const byAdversarial = tf.grad((z: tf.Tensor) => tf.sum(value(row(clean), z)));
        expectFinite(take(byAdversarial(row(adversarial))), 'gradient by logits under attack');
        if (loss === objective.innerLoss || !objective.outerUsesClean) continue;
        const byClean = tf.grad((z: tf.Tensor) => tf.sum(value(z, row(adversarial))));
        expectFinite(take(byClean(row(clean))), 'gradient by clean logits');
      }
    }
  });

  it('leave no tensor', () => {
    withoutLeak(() => {
      const [z, zAdversarial, y] = [row([1, 2, 3]), row([3, 1, 2]), oneHot([1], C)];
      const byAdversarial = tf.grad((x: tf.Tensor) =>
        tf.sum(objective.outerLoss({ clean: z, adversarial: x as tf.Tensor2D }, y)),
      );
      tf.dispose([byAdversarial(zAdversarial), z, zAdversarial, y]);
    });
  });
});

const anyRow = fc.array(fc.float({ min: -20, max: 20, noNaN: true }), { minLength: C, maxLength: C });
const anyLabel = fc.nat({ max: C - 1 });

/** Softmax in float64. */
function softmax(logits: readonly number[]): number[] {
  const top = Math.max(...logits);
  const powers = logits.map((value) => Math.exp(value - top));
  const sum = powers.reduce((total, value) => total + value);
  return powers.map((value) => value / sum);
}

describe('each loss', () => {
  it('has the value of its equation', () => {
    fc.assert(
      fc.property(anyRow, anyRow, anyLabel, (clean, adversarial, label) => {
        const [p, q] = [softmax(clean), softmax(adversarial)];
        const kl = p.reduce((sum, value, k) => sum + value * Math.log(value / q[k]), 0);
        // 1 - q_m is summed from the others, since it loses all digits where q_m is near 1
        const wrongest = q.reduce((m, value, k) => (k !== label && (m < 0 || value > q[m]) ? k : m), -1);
        const others = q.reduce((sum, value, k) => (k === wrongest ? sum : sum + value), 0);
        const expected = [-Math.log(q[label]), kl, -Math.log(q[label]) - Math.log(others)];
        const found = tf.tidy(() => {
          const y = oneHot([label], C);
          const losses = [
            crossEntropy(row(adversarial), y),
            klDivergence(row(clean), row(adversarial)),
            boostedCrossEntropy(row(adversarial), y),
          ];
          return losses.map((loss) => loss.dataSync()[0]);
        });
        for (const [i, value] of expected.entries()) {
          expect(Math.abs(found[i] - value)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(value)));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('of KL is 0 between equal logits, and so is its gradient', () => {
    const z = row([3, -1, 0.5]);
    expect(Math.abs(take(klDivergence(z, z))[0])).toBeLessThan(1e-7);
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(klDivergence(z, x as tf.Tensor2D)))(z);
    expect(largestDifference(take(gradient), [0, 0, 0])).toBeLessThan(1e-6);
  });
});

describe('the margin of boosted cross-entropy', () => {
  const gradientAt = (logits: number[], label: number) =>
    take(
      tf.grad((z: tf.Tensor) => {
        const y = oneHot([label], C);
        return tf.sum(tf.sub(boostedCrossEntropy(z as tf.Tensor2D, y), crossEntropy(z as tf.Tensor2D, y)));
      })(row(logits)),
    );

  it('counts one class where wrong classes tie: q_m / (1 - q_m) (δ_m - q), m the first', () => {
    const third = 1 / 3;
    const expected = [0.5 * (1 - third), -0.5 * third, -0.5 * third];
    expect(largestDifference(gradientAt([0, 0, 0], 2), expected)).toBeLessThan(1e-6);
  });

  it('still has a gradient where float32 rounds q_m to 1', () => {
    // q_m (δ_m - r), r the softmax of the other classes
    expect(largestDifference(gradientAt([0, 60, 0], 0), [-0.5, 1, -0.5])).toBeLessThan(1e-6);
  });
});
