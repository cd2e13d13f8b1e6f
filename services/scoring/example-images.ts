import sharp from 'sharp';
import { invalidField } from '../app-error.ts';
import { type Dataset, imageSize, splitSize } from '../dataset/dataset.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import type { ExampleImage } from './score-messages.ts';

/** PNG bytes of one answer: half of the largest message, so that the rest of it always fits. */
const MOST_PNG_BYTES = 8 * 1024 * 1024;

/**
 * Training examples as PNG, in the order of `indices`.
 * INVALID_FIELD (indices) for one that the data set does not have, and where the images are too large together; CANCELLED.
 */
export async function exampleImages(
  dataset: Dataset,
  indices: readonly number[],
  { throwIfStopped }: Pick<WorkContext, 'throwIfStopped'>,
): Promise<ExampleImage[]> {
  checkIndices(indices, splitSize(dataset.train));
  const { train, classNames } = dataset;
  const examples: ExampleImage[] = [];
  let bytes = 0;
  for (const index of indices) {
    throwIfStopped();
    const png = await encode(dataset, index);
    bytes += png.length;
    if (bytes > MOST_PNG_BYTES) {
      throw invalidField('indices', `their images are more than 8 MiB; ask for at most ${examples.length} of them`);
    }
    const label = train.labels[index];
    examples.push({ index, label, className: classNames[label], png });
  }
  return examples;
}

function checkIndices(indices: readonly number[], examples: number): void {
  const beyond = indices.findIndex((index) => index >= examples);
  if (beyond < 0) return;
  throw invalidField(`indices[${beyond}]`, `${indices[beyond]} is not below ${examples}, the data set's examples`);
}

async function encode(dataset: Dataset, index: number): Promise<Uint8Array> {
  const { height, width, channels } = dataset;
  const size = imageSize(dataset);
  const pixels = dataset.train.images.subarray(index * size, (index + 1) * size);
  const raw = { height, width, channels: channels as 1 | 3 };
  const png = await sharp(pixels, { raw })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png()
    .toBuffer();
  // A buffer of its own: what sharp gives may be a part of a larger one, which would cross between threads as a whole.
  return new Uint8Array(png);
}
