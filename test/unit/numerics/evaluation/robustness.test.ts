import { describe, expect, it } from 'vitest';
import { tf } from '../../../../services/numerics/backend.ts';
import type { EvaluationBatch } from '../../../../services/numerics/evaluation/evaluation-batch.ts';
import { batchAccuracy, type EvaluationAttack } from '../../../../services/numerics/evaluation/robustness.ts';
import type { Model } from '../../../../services/numerics/models/model.ts';
import { take, withoutLeak } from '../tensor-assertions.ts';
import { CLASSES, oneHot, tinyBatch, tinyModel } from '../tiny-models.ts';

const N = 8;
const ATTACK: EvaluationAttack = {
  epsilon: 0.03,
  stepSize: 0.01,
  steps: 3,
  loss: 'cross-entropy',
  start: 'uniform',
  restarts: 1,
};

function predictions(model: Model, images: tf.Tensor4D): number[] {
  return [...take(tf.tidy(() => tf.argMax(model.forward(images, { training: false }).logits, -1)))];
}

/** A batch whose labels are the model's own predictions, moved on by one class where `wrong` says so. */
function labelled(name: string, wrong: (i: number) => boolean): { model: Model; batch: EvaluationBatch } {
  const { model, image } = tinyModel(name);
  const { images } = tinyBatch(N, image);
  const labels = predictions(model, images).map((label, i) => (wrong(i) ? (label + 1) % CLASSES : label));
  return {
    model,
    batch: { images, oneHot: oneHot(labels), indices: Uint32Array.from({ length: N }, (_, i) => 100 + i) },
  };
}

const rows = (batch: EvaluationBatch, from: number, count: number): EvaluationBatch => ({
  images: batch.images.slice([from, 0, 0, 0], [count, -1, -1, -1]),
  oneHot: batch.oneHot.slice([from, 0], [count, -1]),
  indices: batch.indices.slice(from, from + count),
});

describe.each(['linear', 'cnn with dropout', 'wide resnet'])('the accuracy of %s', (name) => {
  const { model, batch } = labelled(name, (i) => i % 4 === 0);

  it('counts clean examples right, and robust ones among them', () => {
    const { clean, robust } = withoutLeak(() => batchAccuracy(model, batch, ATTACK, 1n));
    expect(clean).toBe(6);
    expect(robust).toBeLessThanOrEqual(clean);
  });

  it('never rises with restarts, and is the clean one without', () => {
    for (const start of ['uniform', 'gaussian'] as const) {
      const found = [0, 1, 2, 4].map(
        (restarts) => batchAccuracy(model, batch, { ...ATTACK, start, restarts }, 2n).robust,
      );
      expect(found).toEqual([...found].sort((a, b) => b - a));
      expect(found[0]).toBe(6);
    }
  });

  it('falls to nothing in a ball that holds every image', () => {
    const attack = { ...ATTACK, epsilon: 1, stepSize: 0.25, steps: 8, restarts: 3 };
    expect(batchAccuracy(model, batch, attack, 3n)).toEqual({ clean: 6, robust: 0 });
  });

  it('is that of clean images in a ball of radius 0', () => {
    expect(batchAccuracy(model, batch, { ...ATTACK, epsilon: 0 }, 4n)).toEqual({ clean: 6, robust: 6 });
  });

  it.each(['cross-entropy', 'kl'] as const)('does not depend on the batches, for %s', (loss) => {
    const attack = { ...ATTACK, loss, restarts: 2 };
    const together = batchAccuracy(model, batch, attack, 5n);
    const parts = [rows(batch, 0, 3), rows(batch, 3, 1), rows(batch, 4, 4)].map((part) =>
      batchAccuracy(model, part, attack, 5n),
    );
    const sum = (key: 'clean' | 'robust') => parts.reduce((total, part) => total + part[key], 0);
    expect({ clean: sum('clean'), robust: sum('robust') }).toEqual(together);
    expect(batchAccuracy(model, batch, attack, 5n)).toEqual(together);
  });
});

describe('a batch', () => {
  it('that is all wrong has no example to attack', () => {
    const { model, batch } = labelled('linear', () => true);
    const found = withoutLeak(() => batchAccuracy(model, batch, { ...ATTACK, restarts: 3 }, 1n));
    expect(found).toEqual({ clean: 0, robust: 0 });
  });

  it('that is all right stays so under an attack that does not move', () => {
    const { model, batch } = labelled('linear', () => false);
    const attack = { ...ATTACK, start: 'clean', stepSize: 0, restarts: 2 } as const;
    expect(withoutLeak(() => batchAccuracy(model, batch, attack, 1n))).toEqual({ clean: N, robust: N });
  });
});
