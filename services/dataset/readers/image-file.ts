import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { corruptDataset } from '../corrupt-dataset.ts';
import { type DataFile, type DataFolder, findFile, labelOf } from '../data-folder.ts';
import { MAX_SIDE } from '../data-limits.ts';
import type { ImageShape } from '../dataset.ts';

/** One decoded image: H*W*C bytes, 1 channel if the file is single-channel, else RGB. */
export interface DecodedImage extends ImageShape {
  readonly label: string;
  readonly pixels: Uint8Array;
}

/** A 4096 x 4096 RGB image without compression, and then some; larger files aren't read. */
const MAX_FILE_BYTES = 64 * 2 ** 20;
const PNG_START = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
// The empty IEND chunk; decoders don't miss it when a file is cut inside.
const PNG_END = Buffer.from([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]);
const JPEG_START = Buffer.from([0xff, 0xd8, 0xff]);
const GREY_SPACES: ReadonlySet<string | undefined> = new Set(['b-w', 'grey16']);

const IMAGE = `a PNG or JPEG image of at most ${MAX_SIDE} x ${MAX_SIDE} pixels`;

/**
 * Decodes a PNG or JPEG file as stored: no rotation by EXIF and no colour profile applied, transparency dropped, 16 bits
 * cut to 8. Errors: CORRUPT_DATASET naming the file.
 */
export async function decodeImageFile(folder: DataFolder, path: string, signal?: AbortSignal): Promise<DecodedImage> {
  const file = await findFile(folder, path);
  if (file === undefined) {
    throw corruptDataset({ file: labelOf(folder, path), expected: 'this file', found: 'none', remedy: 'Try again.' });
  }
  if (file.size > MAX_FILE_BYTES) {
    throw corruptDataset({ file: file.label, expected: `at most ${MAX_FILE_BYTES} bytes`, found: `${file.size}` });
  }
  const bytes = await readFile(file.path, { ...(signal && { signal }) });
  checkSignature(file, bytes);
  try {
    return await decode(file, bytes);
  } catch (cause) {
    // The decoder adds lines about its own libraries.
    const found = `broken data (${(cause as Error).message.split('\n')[0]})`;
    const remedy = 'Replace or remove it.';
    throw corruptDataset({ file: file.label, expected: IMAGE, found, remedy, cause });
  }
}

// Other decoders (SVG, TIFF, ...) behind a misleading file name are kept out of reach.
function checkSignature(file: DataFile, bytes: Buffer): void {
  const isPng = startsWith(bytes, PNG_START) && bytes.subarray(-PNG_END.length).equals(PNG_END);
  if (isPng || startsWith(bytes, JPEG_START)) return;
  const found = startsWith(bytes, PNG_START) ? 'a PNG without its end' : 'another kind of file';
  throw corruptDataset({ file: file.label, expected: IMAGE, found, remedy: 'Replace or remove it.' });
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.subarray(0, start.length).equals(start);
}

async function decode({ label }: DataFile, bytes: Buffer): Promise<DecodedImage> {
  const image = sharp(bytes, { limitInputPixels: MAX_SIDE ** 2, ignoreIcc: true });
  const { space, width, height } = await image.metadata();
  if (width > MAX_SIDE || height > MAX_SIDE) throw new RangeError(`${width} x ${height} pixels`);
  const grey = GREY_SPACES.has(space);
  const { data, info } = await image
    .toColourspace(grey ? 'b-w' : 'srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { label, pixels: data, height: info.height, width: info.width, channels: info.channels };
}
