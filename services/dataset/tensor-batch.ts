import type { ModelSpec } from '../../proto/gen/winnow/v1/model_pb.ts';
import { tf } from '../numerics/backend.ts';
import { architectureOf } from '../numerics/models/architecture-spec.ts';
import { createModel, type Model } from '../numerics/models/model.ts';
import { type AugmentOptions, augmentBatch } from './augment.ts';
import { gatherImages, gatherLabels, scaleImages } from './batch.ts';
import type { Dataset, Split } from './dataset.ts';
import { normalisationOf } from './normalisation.ts';

/** One mini-batch on the tensor device; the caller frees it. */
export interface TensorBatch {
  /** [B,H,W,C] in [0,1]. */
  readonly images: tf.Tensor4D;
  /** Labels, [B,C] of 0 and 1. */
  readonly oneHot: tf.Tensor2D;
}

/** The examples `indices` of a split as tensors, augmented where options are given. */
export function tensorBatch(
  dataset: Dataset,
  split: Split,
  indices: Uint32Array,
  augment?: AugmentOptions,
): TensorBatch {
  const { height, width, channels, classNames } = dataset;
  const pixels = augment
    ? scaleImages(augmentBatch(split.images, dataset, indices, augment))
    : gatherImages(split, dataset, indices);
  const images = tf.tensor4d(pixels, [indices.length, height, width, channels]);
  const oneHot = tf.tidy(() =>
    tf.oneHot(tf.tensor1d(gatherLabels(split, indices), 'int32'), classNames.length).cast('float32'),
  );
  return { images, oneHot: oneHot as tf.Tensor2D };
}

/** A fresh model for a data set's images and classes, normalised by its training split. Errors as createModel. */
export function modelForDataset(dataset: Dataset, spec: ModelSpec, seed: bigint): Model {
  return createModel({
    spec: architectureOf(spec),
    image: dataset,
    classes: dataset.classNames.length,
    normalisation: normalisationOf(dataset.train, dataset),
    seed,
  });
}
