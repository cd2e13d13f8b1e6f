import { basename } from 'node:path/posix';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';
import { AppError } from '../../app-error.ts';
import { corruptDataset } from '../corrupt-dataset.ts';
import type { DataFile } from '../data-folder.ts';
import { contentOf } from '../file-content.ts';

/** The official archives unpack to 185 MB; anything far larger is no CIFAR archive but a decompression bomb. */
const MAX_UNPACKED_BYTES = 256 * 2 ** 20;
/** The official archives have fewer than 10 entries. */
const MAX_ENTRIES = 100;

/**
 * Reads the wanted files of a .tar.gz into memory by their base names, wherever they lie in it; nothing is written to disk.
 * Errors: CORRUPT_DATASET if the archive is broken, too large, or holds a file twice or not at all.
 */
export async function readArchive(
  file: DataFile,
  wanted: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const extract = tar.extract();
  const outcomes = await Promise.allSettled([
    collect(file, extract, new Set(wanted)),
    pipeline(bounded(file, signal), extract),
  ]);
  // Either side's failure ends the other with a premature close, so the telling error comes first.
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (failures.length > 0) throw archiveFailure(file, failures);
  const files = (outcomes[0] as PromiseFulfilledResult<Map<string, Uint8Array>>).value;
  const missing = wanted.filter((name) => !files.has(name));
  if (missing.length === 0) return files;
  throw corruptDataset({ file: file.label, expected: `${missing.join(', ')} inside`, found: 'no such entry' });
}

async function* bounded(file: DataFile, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  let unpacked = 0;
  for await (const chunk of contentOf(file, signal)) {
    unpacked += chunk.length;
    if (unpacked > MAX_UNPACKED_BYTES) throw tooMuch(file, `at most ${MAX_UNPACKED_BYTES} bytes unpacked`);
    yield chunk;
  }
}

async function collect(file: DataFile, extract: tar.Extract, wanted: ReadonlySet<string>) {
  const files = new Map<string, Uint8Array>();
  let entries = 0;
  for await (const entry of extract) {
    if (++entries > MAX_ENTRIES) throw tooMuch(file, `at most ${MAX_ENTRIES} entries`);
    const name = basename(entry.header.name);
    if (!wanted.has(name) || entry.header.type !== 'file') {
      entry.resume();
      continue;
    }
    if (files.has(name)) throw corruptDataset({ file: file.label, expected: `${name} once`, found: 'it twice' });
    // A readable stream iterates over its chunks; the library's typings leave that out.
    files.set(name, await bytesOf(entry as unknown as AsyncIterable<Uint8Array>));
  }
  return files;
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

function tooMuch(file: DataFile, expected: string): AppError {
  return corruptDataset({ file: file.label, expected, found: 'more' });
}

function archiveFailure(file: DataFile, failures: readonly unknown[]): unknown {
  const foreseen = failures.find((failure) => failure instanceof AppError);
  if (foreseen !== undefined) return foreseen;
  // An unreadable file and a cancellation are no fault of the archive's content.
  const outside = (failures as NodeJS.ErrnoException[]).find(({ name, syscall }) => syscall || name === 'AbortError');
  if (outside !== undefined) return outside;
  const cause = failures[0];
  const found = `broken data (${(cause as Error).message})`;
  return corruptDataset({ file: file.label, expected: 'a complete tar archive', found, cause });
}
