import { corruptDataset } from '../corrupt-dataset.ts';
import type { DataFile } from '../data-folder.ts';
import { MAX_EXAMPLES, MAX_PIXEL_BYTES, MAX_SIDE } from '../data-limits.ts';
import { checkContentSize, readHeader, readStretch } from '../file-content.ts';

/** An IDX file of unsigned bytes whose header fits its size. */
export interface IdxFile {
  readonly file: DataFile;
  /** Sizes, outermost first: [N] or [N, height, width]. */
  readonly dimensions: readonly number[];
  /** Bytes before the data. */
  readonly headerBytes: number;
}

// Two zero bytes, then the type code of unsigned bytes, then the number of dimensions.
const UNSIGNED_BYTE_MAGIC = 0x0800;

/**
 * Reads and checks an IDX header: magic number, dimensions above 0 and within limits, and a file size to match.
 * Format: http://yann.lecun.com/exdb/mnist. Errors: CORRUPT_DATASET.
 */
export async function openIdxFile(file: DataFile, rank: 1 | 3, signal?: AbortSignal): Promise<IdxFile> {
  const headerBytes = 4 + 4 * rank;
  const header = await readHeader(file, headerBytes, signal);
  checkMagic(file, header.getUint32(0), UNSIGNED_BYTE_MAGIC + rank);
  const dimensions = Array.from({ length: rank }, (_, i) => header.getUint32(4 + 4 * i));
  checkDimensions(file, dimensions);
  checkContentSize(file, headerBytes + sizeOf(dimensions));
  return { file, dimensions, headerBytes };
}

/** Reads the data after the header. Errors: CORRUPT_DATASET if there is less or more than the header says. */
export function readIdxData({ file, dimensions, headerBytes }: IdxFile, signal?: AbortSignal): Promise<Uint8Array> {
  return readStretch(file, { offset: headerBytes, length: sizeOf(dimensions) }, signal);
}

function sizeOf(dimensions: readonly number[]): number {
  return dimensions.reduce((product, dimension) => product * dimension, 1);
}

function checkMagic({ label }: DataFile, found: number, expected: number): void {
  if (found === expected) return;
  const hex = (magic: number) => `0x${magic.toString(16).padStart(8, '0')}`;
  throw corruptDataset({ file: label, expected: `the magic number ${hex(expected)}`, found: hex(found) });
}

function checkDimensions({ label }: DataFile, dimensions: readonly number[]): void {
  const [count, ...sides] = dimensions;
  if (count === 0 || count > MAX_EXAMPLES) {
    throw corruptDataset({ file: label, expected: `1 to ${MAX_EXAMPLES} examples`, found: `${count}` });
  }
  if (sides.some((side) => side === 0 || side > MAX_SIDE)) {
    const expected = `sides of 1 to ${MAX_SIDE} pixels`;
    throw corruptDataset({ file: label, expected, found: sides.join(' x ') });
  }
  if (sizeOf(dimensions) > MAX_PIXEL_BYTES) {
    const expected = `at most ${MAX_PIXEL_BYTES} bytes of pixels`;
    throw corruptDataset({ file: label, expected, found: dimensions.join(' x '), remedy: 'Use a smaller copy.' });
  }
}
