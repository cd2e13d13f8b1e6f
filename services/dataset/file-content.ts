import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { corruptDataset } from './corrupt-dataset.ts';
import type { DataFile } from './data-folder.ts';

/** DEFLATE emits at most 258 bytes for 2 bits, 1032:1 (zlib's technical notes); a header that promises more is wrong. */
const MAX_DEFLATE_RATIO = 1032;
// Few, large reads; still small against one image file.
const READ_BYTES = 2 ** 20;

/** A stretch of a file's content, after which nothing may follow. */
export interface Stretch {
  /** Bytes of content to skip first. */
  readonly offset: number;
  /** Bytes to return: all of the rest. */
  readonly length: number;
}

/**
 * The file's content in chunks, decompressed if its name ends with ".gz". How much is read is up to whoever iterates;
 * leaving the loop closes the file. Errors: CORRUPT_DATASET for broken gzip data.
 */
export async function* contentOf(file: DataFile, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  const raw = createReadStream(file.path, { highWaterMark: READ_BYTES, ...(signal && { signal }) });
  if (!isGzip(file)) return yield* raw;
  // The iteration below reports a failure; pipeline only hands it on to both streams.
  const gunzip = pipeline(raw, createGunzip({ chunkSize: READ_BYTES }), () => {});
  try {
    yield* gunzip;
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw error;
    const found = `broken data (${(error as Error).message})`;
    throw corruptDataset({ file: file.label, expected: 'a complete gzip file', found, cause: error });
  }
}

/** The first bytes of the file's content. Errors: CORRUPT_DATASET if it holds fewer. */
export async function readHeader(file: DataFile, length: number, signal?: AbortSignal): Promise<DataView> {
  const header = new Uint8Array(length);
  let seen = 0;
  for await (const chunk of contentOf(file, signal)) {
    header.set(chunk.subarray(0, length - seen), seen);
    seen = Math.min(length, seen + chunk.length);
    if (seen === length) return new DataView(header.buffer);
  }
  throw corruptDataset({ file: file.label, expected: `a header of ${length} bytes`, found: `${seen} bytes in all` });
}

/**
 * Checks that the file can hold this much content without reading it: exactly for a plain file, as an upper bound for
 * a compressed one, so that nothing is allocated on the word of a forged header. Errors: CORRUPT_DATASET.
 */
export function checkContentSize(file: DataFile, total: number): void {
  const possible = isGzip(file) ? total <= file.size * MAX_DEFLATE_RATIO : total === file.size;
  if (possible) return;
  const found = isGzip(file) ? `a compressed file of only ${file.size} bytes` : `${file.size} bytes`;
  throw corruptDataset({ file: file.label, expected: `${total} bytes as its header says`, found });
}

/** Reads one stretch to the end of the file. Errors: CORRUPT_DATASET if the content is shorter or longer. */
export async function readStretch(
  file: DataFile,
  { offset, length }: Stretch,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const total = offset + length;
  checkContentSize(file, total);
  const bytes = new Uint8Array(length);
  let seen = 0;
  for await (const chunk of contentOf(file, signal)) {
    if (seen + chunk.length > total) throw wrongLength(file, total, 'more');
    const skip = Math.min(chunk.length, Math.max(0, offset - seen));
    if (skip < chunk.length) bytes.set(chunk.subarray(skip), seen + skip - offset);
    seen += chunk.length;
  }
  if (seen < total) throw wrongLength(file, total, `only ${seen}`);
  return bytes;
}

function wrongLength(file: DataFile, total: number, found: string) {
  return corruptDataset({ file: file.label, expected: `${total} bytes of content`, found });
}

function isGzip(file: DataFile): boolean {
  return file.label.endsWith('.gz');
}
