import { describe, expect, it } from 'vitest';
import { tf } from '../../../../services/numerics/backend.ts';
import { autoAttack } from '../../../../services/numerics/evaluation/autoattack.ts';
import { maskingAttacks, maskingSigns } from '../../../../services/numerics/evaluation/masking-signs.ts';
import { type EvaluationAttack, robustness } from '../../../../services/numerics/evaluation/robustness.ts';
import type { ExampleSource } from '../../../../services/numerics/evaluation/run-rounds.ts';
import type { Model } from '../../../../services/numerics/models/model.ts';
import { oneHot } from '../tiny-models.ts';
import { batchSource } from './batch-source.ts';
import { labelledBatch } from './labelled-batch.ts';

const N = 10;
const PGD: EvaluationAttack = {
  epsilon: 0.1,
  stepSize: 0.02,
  steps: 10,
  loss: 'cross-entropy',
  start: 'uniform',
  restarts: 1,
};

/** Rounds the image to eight grey levels first: its gradient is 0 everywhere, and its accuracy no better for it. */
function masked(model: Model): Model {
  const forward: Model['forward'] = (x, context) =>
    model.forward(tf.div(tf.round(tf.mul(x, 8)), 8) as tf.Tensor4D, context);
  return { ...model, forward };
}

async function measured(model: Model, images: tf.Tensor4D) {
  const labels = tf.tidy(() => tf.argMax(model.forward(images, { training: false }).logits, -1).dataSync());
  const source = batchSource({ images, oneHot: oneHot([...labels]) });
  const share = async (attack: EvaluationAttack) => {
    const { clean, robust } = await robustness(model, source, { attack, seed: 1n, name: 'PGD' });
    return { clean: clean.length / N, robust: robust.length / N };
  };
  const { random, unbounded } = maskingAttacks(PGD);
  const { clean, robust } = await share(PGD);
  const noise = { clean, pgd: robust, random: (await share(random)).robust };
  return { source, evidence: { unboundedAccuracy: (await share(unbounded)).robust, noise } };
}

function underAutoAttack(model: Model, source: ExampleSource) {
  const budget = { apgdIterations: 10, fabIterations: 5, squareQueries: 500 };
  return autoAttack(model, source, { epsilon: 0.1, seed: 1n, budget });
}

describe('signs of masked gradients', () => {
  const { model, batch } = labelledBatch('resnet', N);

  it('are not seen in a network as it is', async () => {
    const { source, evidence } = await measured(model, batch.images);
    expect(maskingSigns(evidence)).toEqual([]);
    const { warnings } = await underAutoAttack(model, source);
    expect(warnings).toEqual([]);
  });

  it('are seen, all of them, in one whose gradient is 0', async () => {
    const coarse = masked(model);
    const { source, evidence } = await measured(coarse, batch.images);
    const signs = maskingSigns(evidence);
    expect(signs).toHaveLength(2);
    expect(signs[0]).toMatch(/% of the examples withstood an attack that may change every pixel/);
    expect(signs[1]).toMatch(/Random noise took .* % off the accuracy and PGD/);
    const { warnings } = await underAutoAttack(coarse, source);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^Square, which uses no gradient, broke \d+\.\d % of the examples/);
  });

  it('carry their figures', () => {
    const signs = maskingSigns({
      brokenByBlackBox: 0.013,
      unboundedAccuracy: 0.25,
      noise: { clean: 0.9, pgd: 0.5, random: 0.56 },
    });
    expect(signs.map((sign) => sign.match(/[\d.]+ %/g))).toEqual([['1.3 %'], ['25.0 %'], ['34.0 %', '40.0 %']]);
  });

  it('are none at the thresholds, nor where nothing was measured', () => {
    expect(maskingSigns({})).toEqual([]);
    expect(maskingSigns({ brokenByBlackBox: 0.002, unboundedAccuracy: 0.01 })).toEqual([]);
    expect(maskingSigns({ noise: { clean: 0.9, pgd: 0.5, random: 0.65 } })).toEqual([]);
    expect(maskingSigns({ noise: { clean: 0.9, pgd: 0.9, random: 0.9 } })).toEqual([]);
  });
});
