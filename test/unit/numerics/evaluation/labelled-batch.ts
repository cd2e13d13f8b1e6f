import { tf } from '../../../../services/numerics/backend.ts';
import type { EvaluationBatch } from '../../../../services/numerics/evaluation/evaluation-batch.ts';
import type { Model } from '../../../../services/numerics/models/model.ts';
import { take } from '../tensor-assertions.ts';
import { oneHot, tinyBatch, tinyModel } from '../tiny-models.ts';

/** Index of a batch's first example. */
export const FIRST_INDEX = 100;

/** A tiny model and random images, labelled as the model has it, so that all are right; moved on by one class where `wrong` says so. */
export function labelledBatch(
  name: string,
  count: number,
  wrong: (i: number) => boolean = () => false,
): { model: Model; batch: EvaluationBatch } {
  const { model, image } = tinyModel(name);
  const { images } = tinyBatch(count, image);
  const predicted = take(tf.tidy(() => tf.argMax(model.forward(images, { training: false }).logits, -1)));
  const labels = [...predicted].map((label, i) => (wrong(i) ? (label + 1) % model.classes : label));
  const indices = Uint32Array.from({ length: count }, (_, i) => FIRST_INDEX + i);
  return { model, batch: { images, oneHot: oneHot(labels), indices } };
}
