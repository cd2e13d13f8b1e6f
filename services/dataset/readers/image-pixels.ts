import { invalidField } from '../../app-error.ts';
import { corruptDataset } from '../corrupt-dataset.ts';
import type { DataFolder } from '../data-folder.ts';
import { MAX_PIXEL_BYTES } from '../data-limits.ts';
import type { ImageShape } from '../dataset.ts';
import { type DecodedImage, decodeImageFile } from './image-file.ts';

/** Images of one shape, NHWC. */
export interface ImagePixels extends ImageShape {
  readonly pixels: Uint8Array;
}

/** Decodes in flight: enough to keep the decoder's threads busy, few enough to bound memory. */
const DECODES_AT_ONCE = 8;
const RGB = 3;

/**
 * Decodes all files into one array in the given order. Images have 3 channels unless every one is single-channel.
 * Errors: CORRUPT_DATASET for a broken file or one whose size differs from the first's, INVALID_FIELD if there are
 * more images than one array can hold, an AbortError after `signal`.
 */
export async function decodeImages(
  folder: DataFolder,
  files: readonly string[],
  signal?: AbortSignal,
): Promise<ImagePixels> {
  const first = await decodeImageFile(folder, files[0], signal);
  checkTotal(files.length, first);
  const pixels = new Uint8Array(files.length * first.height * first.width * RGB);
  let channels = 1;
  await forEachAtOnce(files, async (file, place) => {
    signal?.throwIfAborted();
    const image = await decodeImageFile(folder, file, signal);
    checkSize(image, first);
    storeRgb(image, pixels, place);
    channels = Math.max(channels, image.channels);
  });
  const { height, width } = first;
  return { height, width, channels, pixels: channels === 1 ? firstChannel(pixels) : pixels };
}

function checkTotal(count: number, { height, width }: ImageShape): void {
  const most = Math.floor(MAX_PIXEL_BYTES / (height * width * RGB));
  if (count <= most) return;
  throw invalidField(
    'dataset.train_examples',
    `${count} images (training and test) of ${width} x ${height} pixels don't fit in memory; use at most ${most}`,
  );
}

function checkSize(image: DecodedImage, first: DecodedImage): void {
  if (image.height === first.height && image.width === first.width) return;
  throw corruptDataset({
    file: image.label,
    expected: `${first.width} x ${first.height} pixels as in ${first.label}`,
    found: `${image.width} x ${image.height}`,
    remedy: 'Resize or crop all images to one size.',
  });
}

function storeRgb({ pixels, channels }: DecodedImage, target: Uint8Array, place: number): void {
  if (channels === RGB) {
    target.set(pixels, place * pixels.length);
    return;
  }
  const start = place * pixels.length * RGB;
  for (let i = 0; i < pixels.length; i++) target.fill(pixels[i], start + i * RGB, start + (i + 1) * RGB);
}

function firstChannel(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / RGB);
  for (let i = 0; i < grey.length; i++) grey[i] = rgb[i * RGB];
  return grey;
}

/** Runs `work` for every item, at most DECODES_AT_ONCE at a time; nothing new starts after the first failure. */
async function forEachAtOnce<T>(items: readonly T[], work: (item: T, place: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const place = next++;
      try {
        await work(items[place], place);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: DECODES_AT_ONCE }, worker));
}
