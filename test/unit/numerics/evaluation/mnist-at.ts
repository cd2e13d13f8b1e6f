import { readFileSync } from 'node:fs';
import { gatherImages } from '../../../../services/dataset/batch.ts';
import { tf } from '../../../../services/numerics/backend.ts';
import { correctRows } from '../../../../services/numerics/evaluation/correct-rows.ts';
import { type EvaluationBatch, takeExamples } from '../../../../services/numerics/evaluation/evaluation-batch.ts';
import { loadCheckpoint } from '../../../../services/numerics/models/load-checkpoint.ts';
import { createModel, type Model } from '../../../../services/numerics/models/model.ts';
import { MNIST_SHAPE, mnistDigits } from '../../dataset/fixtures/mnist.ts';
import { oneHot } from '../tiny-models.ts';

const CLASSES = 10;

/** A network trained adversarially at radius 0.1 on MNIST, made by test/reference/autoattack/train.ts (see the README there). */
export function mnistAtModel(): Model {
  const model = createModel({
    spec: { architecture: 'resnet', depth: 8, width: 6 },
    image: MNIST_SHAPE,
    classes: CLASSES,
    normalisation: { mean: [0], std: [1] },
    seed: 0n,
  });
  loadCheckpoint(model, readFileSync(new URL('mnist-at.safetensors', import.meta.url)));
  return model;
}

/** Those of MNIST's first `count` test images that the network has right. */
export function rightDigits(model: Model, count: number): EvaluationBatch {
  const indices = Uint32Array.from({ length: count }, (_, i) => i);
  const digits = mnistDigits(0, count);
  const all = {
    images: tf.tensor4d(gatherImages(digits, MNIST_SHAPE, indices), [count, 28, 28, 1]),
    oneHot: oneHot([...digits.labels], CLASSES),
    indices,
  };
  const right = correctRows(model, all.images, all.oneHot);
  const rows = [...right.keys()].filter((row) => right[row]);
  const kept = takeExamples(all, rows);
  tf.dispose([all.images, all.oneHot]);
  return kept;
}
