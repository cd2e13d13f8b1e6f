import { describe, expect, it } from 'vitest';
import { craft } from '../../../../services/numerics/attacks/craft.ts';
import { pgd } from '../../../../services/numerics/attacks/pgd.ts';
import { tf } from '../../../../services/numerics/backend.ts';
import { measureSignals } from '../../../../services/numerics/measure-signals.ts';
import { PassCounter } from '../../../../services/numerics/pass-counter.ts';
import { deriveSeed } from '../../../../services/numerics/random.ts';
import { expectNear, largestDifference, take, withoutLeak } from '../tensor-assertions.ts';
import { OBJECTIVES, tinyBatch, tinyModel } from '../tiny-models.ts';

const BUDGET = { epsilon: 0.05, stepSize: 0.02, steps: 3 };
const SEED = deriveSeed(11n, 'craft');

describe.each(['cnn with dropout', 'wide resnet'])('attacks on %s', (name) => {
  const { model, image } = tinyModel(name);
  const batch = tinyBatch(6, image);

  it.each(OBJECTIVES)('of $name raise its inner loss and change neither weights nor statistics', (objective) => {
    const before = model.weights.snapshot();
    const lossAt = (x: tf.Tensor4D) =>
      tf.tidy(() => {
        const [clean, adversarial] = [batch.images, x].map((at) => model.forward(at, { training: false }).logits);
        return tf.mean(objective.innerLoss({ clean, adversarial }, batch.oneHot)).dataSync()[0];
      });
    const [begun, ended] = withoutLeak(() =>
      [0, BUDGET.steps].map((steps) => {
        const attacked = craft(model, objective, batch, { ...BUDGET, steps }, SEED);
        const loss = lossAt(attacked);
        expect(largestDifference(take(attacked), batch.images.dataSync())).toBeLessThanOrEqual(BUDGET.epsilon + 1e-6);
        return loss;
      }),
    );
    expect(ended).toBeGreaterThan(begun);
    expect(model.weights.snapshot()).toEqual(before);
  });

  it.each(OBJECTIVES)('of $name go by its inner loss in evaluation mode, from its start', (objective) => {
    const logits = (x: tf.Tensor4D) => model.forward(x, { training: false }).logits;
    const clean = logits(batch.images);
    const loss = (x: tf.Tensor4D) => objective.innerLoss({ clean, adversarial: logits(x) }, batch.oneHot);
    const expected = take(pgd(batch.images, loss, { ...BUDGET, start: objective.start }, SEED));
    expect(take(craft(model, objective, batch, BUDGET, SEED))).toEqual(expected);
  });

  it.each(OBJECTIVES)('of $name are measured in evaluation mode, row by row', (objective) => {
    const signals = withoutLeak(() => measureSignals(model, objective, batch, BUDGET, SEED));
    const attacked = craft(model, objective, batch, BUDGET, SEED);
    for (const [x, logits, features] of [
      [batch.images, signals.cleanLogits, signals.cleanFeatures],
      [attacked, signals.adversarialLogits, signals.adversarialFeatures],
    ] as const) {
      const outputs = model.forward(x, { training: false });
      expectNear(logits, take(outputs.logits), 1e-5);
      expectNear(features, take(outputs.features), 1e-5);
    }
    attacked.dispose();
  });

  it.each(OBJECTIVES)('of $name count their passes per example', (objective) => {
    const passes = new PassCounter();
    measureSignals(model, objective, batch, BUDGET, SEED, passes);
    expect(passes.backwardPasses).toBe(6 * 3);
    // the clean logits are measured once, for the attack and for the signals
    expect(passes.forwardPasses).toBe(6 * 3 + 2 * 6);
  });
});
