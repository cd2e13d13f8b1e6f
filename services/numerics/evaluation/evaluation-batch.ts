import { tf } from '../backend.ts';

/** Some test examples. */
export interface EvaluationBatch {
  /** Images [N,H,W,C] in [0,1]. */
  readonly images: tf.Tensor4D;
  /** Labels [N,C]. */
  readonly oneHot: tf.Tensor2D;
  /** Index of each example, which seeds its attack. */
  readonly indices: Uint32Array;
}

/** Rows of a tensor in the order given. */
export function takeRows<T extends tf.Tensor>(tensor: T, rows: readonly number[]): T {
  return tf.tidy(() => tf.gather(tensor, tf.tensor1d([...rows], 'int32')));
}

/** Some examples of a batch; the caller frees their tensors. */
export function takeExamples(batch: EvaluationBatch, rows: readonly number[]): EvaluationBatch {
  return {
    images: takeRows(batch.images, rows),
    oneHot: takeRows(batch.oneHot, rows),
    indices: Uint32Array.from(rows, (row) => batch.indices[row]),
  };
}
