import { relative } from 'node:path';
import type { DatasetFormat, DatasetSpec } from '../../proto/gen/winnow/v1/dataset_pb.ts';
import { AppError, cancelled, invalidField } from '../app-error.ts';
import { chooseReader } from './choose-reader.ts';
import { corruptDataset } from './corrupt-dataset.ts';
import { type DataFolder, labelOf, openDataFolder } from './data-folder.ts';
import type { Dataset } from './dataset.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { ExampleCounts, SplitName } from './readers/reader.ts';
import { firstOfEveryClass } from './subset.ts';

/** What can be told without reading pixels. */
export interface DatasetInspection {
  /** The layout found, never UNSPECIFIED. */
  readonly format: DatasetFormat;
  /** Examples there are, before any cut; undefined where only unpacking an archive would tell. */
  readonly counts: ExampleCounts | undefined;
}

/**
 * Loads a data set into memory and cuts it down to spec.train_examples and spec.test_examples: the first ones of every
 * class, class shares kept, in file order. Errors: INVALID_FIELD (dataset.*), UNKNOWN_DATASET, CORRUPT_DATASET,
 * CANCELLED; no message contains the data root's path.
 */
export async function loadDataset(
  spec: DatasetSpec,
  dataRoot: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Dataset> {
  return inFolder(spec, dataRoot, signal, async (folder) => {
    const reader = await chooseReader(spec, folder);
    const pick = (split: SplitName, labels: Uint16Array) => {
      checkAvailable(spec, split, labels.length);
      return firstOfEveryClass(labels, wanted(spec, split) || labels.length);
    };
    const decoded = await reader.read(folder, pick, signal);
    signal?.throwIfAborted();
    return { name: spec.name, format: reader.format, ...decoded, fingerprint: fingerprintOf(decoded.train, decoded) };
  });
}

/** Checks that a data set exists and looks whole, reading headers and names only. Errors as loadDataset, where it can tell. */
export async function inspectDataset(spec: DatasetSpec, dataRoot: string): Promise<DatasetInspection> {
  return inFolder(spec, dataRoot, undefined, async (folder) => {
    const reader = await chooseReader(spec, folder);
    const counts = await reader.inspect(folder);
    if (counts !== undefined) {
      checkAvailable(spec, 'train', counts.train);
      checkAvailable(spec, 'test', counts.test);
    }
    return { format: reader.format, counts };
  });
}

function wanted(spec: DatasetSpec, split: SplitName): number {
  return split === 'train' ? spec.trainExamples : spec.testExamples;
}

function checkAvailable(spec: DatasetSpec, split: SplitName, available: number): void {
  const asked = wanted(spec, split);
  if (asked <= available) return;
  const kind = split === 'train' ? 'training' : 'test';
  throw invalidField(
    `dataset.${split}_examples`,
    `${asked} asked for, "${spec.name}" has ${available} ${kind} examples; use at most ${available}, or 0 for all`,
  );
}

/** Runs `work` on the data set's folder and turns foreseen failures of the file system into AppErrors. */
async function inFolder<T>(
  { name }: DatasetSpec,
  dataRoot: string,
  signal: AbortSignal | undefined,
  work: (folder: DataFolder) => Promise<T>,
): Promise<T> {
  let folder: DataFolder | undefined;
  try {
    signal?.throwIfAborted();
    folder = await openDataFolder(dataRoot, name);
    return await work(folder);
  } catch (error) {
    if (signal?.aborted) throw cancelled();
    throw error instanceof AppError ? error : fileSystemFailure(error, name, folder);
  }
}

function fileSystemFailure(error: unknown, name: string, folder: DataFolder | undefined): unknown {
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  const inside = folder !== undefined && path?.startsWith(folder.path) ? relative(folder.path, path) : '';
  return corruptDataset({
    file: folder === undefined ? name : labelOf(folder, inside),
    expected: 'a readable file',
    found: code,
    remedy: 'Check its permissions and the disk.',
    cause: error,
  });
}
