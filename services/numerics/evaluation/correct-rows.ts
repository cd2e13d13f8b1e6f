import { tf } from '../backend.ts';
import type { Model } from '../models/model.ts';
import type { PassCounter } from '../pass-counter.ts';

/** Which rows of images [N,H,W,C] the model classifies as labels [N,C] say: 1 or 0 per row. */
export function correctRows(
  model: Pick<Model, 'forward'>,
  images: tf.Tensor4D,
  oneHot: tf.Tensor2D,
  passes?: PassCounter,
): Uint8Array {
  passes?.forward(images.shape[0]);
  return tf.tidy(() => {
    const { logits } = model.forward(images, { training: false });
    return tf.equal(tf.argMax(logits, -1), tf.argMax(oneHot, -1)).dataSync() as Uint8Array;
  });
}
