import { describe, expect, it } from 'vitest';
import { tf } from '../../services/numerics/backend.ts';
import * as formulas from './formulas.ts';
import { expectClose, golden, OBJECTIVE_NAMES, OBJECTIVES, oneHot } from './golden.ts';

interface LossGolden {
  readonly values: number[];
  readonly byClean: number[];
  readonly byAdversarial: number[];
}

interface LossesGolden {
  readonly examples: number;
  readonly classes: number;
  readonly scale: number;
  readonly inner: Record<string, LossGolden>;
  readonly outer: Record<string, LossGolden>;
}

const file = golden<LossesGolden>('losses');
const { examples, classes, scale } = file;
const drawn = (name: string) =>
  tf.tensor2d(formulas.logits(`losses/${name}`, examples * classes, scale), [examples, classes]);

describe.each(OBJECTIVE_NAMES)('%s', (name) => {
  const objective = OBJECTIVES[name];
  const labels = oneHot(formulas.labels(examples, classes), classes);

  it.each(['inner', 'outer'] as const)('has the %s loss of PyTorch, per example', (side) => {
    const loss = side === 'inner' ? objective.innerLoss : objective.outerLoss;
    const values = loss({ clean: drawn('clean'), adversarial: drawn('adversarial') }, labels);
    expectClose(values, file[side][name].values, `${side} loss`);
  });

  it('has the gradients of the outer loss by both logits', () => {
    const gradients = tf.grads((clean: tf.Tensor, adversarial: tf.Tensor) =>
      // the sum keeps both in the graph where an objective reads one of them only
      tf.add(
        objective.outerLoss({ clean: clean as tf.Tensor2D, adversarial: adversarial as tf.Tensor2D }, labels).sum(),
        tf.mul(tf.sum(tf.add(clean, adversarial)), 0),
      ),
    );
    const [byClean, byAdversarial] = gradients([drawn('clean'), drawn('adversarial')]);
    const { byClean: wantedByClean, byAdversarial: wanted } = file.outer[name];
    expectClose(byAdversarial, wanted, 'gradient by the logits under attack');
    expectClose(byClean, wantedByClean, 'gradient by the clean logits');
    expect(wantedByClean.some((value) => value !== 0)).toBe(objective.outerUsesClean);
  });

  it('has the gradient of the inner loss by the logits under attack', () => {
    const clean = drawn('clean');
    const gradient = tf.grad((adversarial: tf.Tensor) =>
      objective.innerLoss({ clean, adversarial: adversarial as tf.Tensor2D }, labels).sum(),
    );
    expectClose(gradient(drawn('adversarial')), file.inner[name].byAdversarial, 'gradient');
  });
});
