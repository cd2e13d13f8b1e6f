import { DatasetFormat } from '../../proto/gen/winnow/v1/dataset_pb.ts';
import { frontOf } from './batch-buffer.ts';
import { type ImageShape, imageSize } from './dataset.ts';
import { randomStream } from './random.ts';

/** Which random changes a training image gets. */
export interface Augmentation {
  /** Pixels of zero padding on each side before a random crop back to size; 0 for none. */
  readonly crop: number;
  /** Whether half of the images are mirrored left to right. */
  readonly flip: boolean;
}

/** An augmentation and what decides its draws. */
export interface AugmentOptions extends Augmentation {
  /** The run's seed, uint64. */
  readonly seed: bigint;
  /** The epoch, from 0. */
  readonly epoch: number;
}

interface View {
  readonly dy: number;
  readonly dx: number;
  readonly mirrored: boolean;
}

/** Padding of the crop in pixels, as in most CIFAR training since ResNet (He 2016). */
const CROP_PADDING = 4;

/** The augmentation of a run, as RunSpec.augment documents: by format, or all or none where `override` is given. */
export function augmentationFor(format: DatasetFormat, override?: boolean): Augmentation {
  if (override !== undefined) return { crop: override ? CROP_PADDING : 0, flip: override };
  switch (format) {
    case DatasetFormat.CIFAR10:
    case DatasetFormat.CIFAR100:
      return { crop: CROP_PADDING, flip: true };
    case DatasetFormat.IMAGE_FOLDER:
      return { crop: 0, flip: true };
    default:
      return { crop: 0, flip: false };
  }
}

/**
 * Augmented copies of the examples `indices` of a split's `images` (NHWC): B*H*W*C pixels in the order of `indices`.
 * The view of an example depends on seed, epoch and its index alone, not on its batch or place, so a pruned run sees the
 * same pixels of an example as a full one. `out`, at least that long, is reused and its front part returned.
 */
export function augmentBatch(
  images: Uint8Array,
  shape: ImageShape,
  indices: Uint32Array,
  options: AugmentOptions,
  out: Uint8Array = new Uint8Array(indices.length * imageSize(shape)),
): Uint8Array {
  const size = imageSize(shape);
  const batch = frontOf(out, indices.length * size);
  indices.forEach((index, row) => {
    if ((index + 1) * size > images.length) throw new RangeError(`example ${index} is beyond the split's end`);
    const source = images.subarray(index * size, (index + 1) * size);
    copyView(source, batch.subarray(row * size, (row + 1) * size), shape, drawView(index, options));
  });
  return batch;
}

function drawView(index: number, { seed, epoch, crop, flip }: AugmentOptions): View {
  if (crop === 0 && !flip) return { dy: 0, dx: 0, mirrored: false };
  const random = randomStream(seed, 'augmentation', epoch, index);
  // The coin comes first, so that crop and flip don't change each other's draws.
  const heads = random.below(2) === 1;
  return {
    mirrored: flip && heads,
    dy: random.below(2 * crop + 1) - crop,
    dx: random.below(2 * crop + 1) - crop,
  };
}

/** Copies the window moved by (dy, dx), zeros where it leaves the image, mirrored after the crop. */
function copyView(source: Uint8Array, target: Uint8Array, shape: ImageShape, { dy, dx, mirrored }: View): void {
  if (!mirrored && dx === 0 && dy === 0) {
    target.set(source);
    return;
  }
  const { height, width, channels } = shape;
  target.fill(0);
  const fromX = Math.max(0, -dx);
  const toX = Math.min(width, width - dx);
  for (let y = Math.max(0, -dy); y < Math.min(height, height - dy); y++) {
    for (let x = fromX; x < toX; x++) {
      const from = ((y + dy) * width + x + dx) * channels;
      const to = (y * width + (mirrored ? width - 1 - x : x)) * channels;
      for (let c = 0; c < channels; c++) target[to + c] = source[from + c];
    }
  }
}
