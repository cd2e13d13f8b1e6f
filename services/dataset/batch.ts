import { frontOf } from './batch-buffer.ts';
import { type ImageShape, imageSize, type Split, splitSize } from './dataset.ts';

/** value / 255 for every pixel value: a look-up is cheaper than a division and always rounds the same way. */
const UNIT_VALUES = Float32Array.from({ length: 256 }, (_, value) => value / 255);

/**
 * Images of the examples `indices` as B*H*W*C floats in [0,1], NHWC, in the order of `indices`.
 * `out`, at least that long, is reused and its front part returned. RangeError for an index outside the split.
 */
export function gatherImages(
  split: Split,
  shape: ImageShape,
  indices: Uint32Array,
  out: Float32Array = new Float32Array(indices.length * imageSize(shape)),
): Float32Array {
  const size = imageSize(shape);
  const batch = frontOf(out, indices.length * size);
  let to = 0;
  for (const index of indices) {
    checkIndex(split, index);
    for (let from = index * size; from < (index + 1) * size; from++) batch[to++] = UNIT_VALUES[split.images[from]];
  }
  return batch;
}

/** Pixels in [0, 255] as floats in [0,1], for images already gathered (augmented ones); `out` as in gatherImages. */
export function scaleImages(images: Uint8Array, out: Float32Array = new Float32Array(images.length)): Float32Array {
  const scaled = frontOf(out, images.length);
  for (let i = 0; i < images.length; i++) scaled[i] = UNIT_VALUES[images[i]];
  return scaled;
}

/** Labels of the examples `indices`, in their order. RangeError for an index outside the split. */
export function gatherLabels(split: Split, indices: Uint32Array): Int32Array {
  return Int32Array.from(indices, (index) => {
    checkIndex(split, index);
    return split.labels[index];
  });
}

function checkIndex(split: Split, index: number): void {
  if (index >= splitSize(split)) throw new RangeError(`example ${index} is outside [0, ${splitSize(split)})`);
}
