import { relative } from 'node:path';
import type { DatasetFormat, DatasetSpec } from '../../proto/gen/winnow/v1/dataset_pb.ts';
import { AppError, cancelled, invalidField } from '../app-error.ts';
import { chooseReader } from './choose-reader.ts';
import { corruptDataset } from './corrupt-dataset.ts';
import { type DataFolder, labelOf, openDataFolder } from './data-folder.ts';
import { type Dataset, imageSize, type Split } from './dataset.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Decoded, ExampleCounts, SplitName } from './readers/reader.ts';
import { firstOfEveryClass, takeRows } from './subset.ts';
import { type TrainingParts, trainingParts } from './training-parts.ts';

/** What can be told without reading pixels. */
export interface DatasetInspection {
  /** The layout found, never UNSPECIFIED. */
  readonly format: DatasetFormat;
  /** Examples there are, before any cut; undefined where only unpacking an archive would tell. */
  readonly counts: ExampleCounts | undefined;
}

/**
 * Loads a data set into memory and cuts it down to spec.train_examples and spec.test_examples: the first ones of every
 * class, class shares kept, in file order; spec.validation_examples are held out of training as trainingParts says. Errors: INVALID_FIELD (dataset.*), UNKNOWN_DATASET, CORRUPT_DATASET,
 * CANCELLED; no message contains the data root's path.
 */
export async function loadDataset(
  spec: DatasetSpec,
  dataRoot: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Dataset> {
  return inFolder(spec, dataRoot, signal, async (folder) => {
    const reader = await chooseReader(spec, folder);
    let parts: TrainingParts | undefined;
    const pick = (split: SplitName, labels: Uint16Array) => {
      checkAvailable(spec, split, labels.length);
      if (split === 'test') return firstOfEveryClass(labels, spec.testExamples || labels.length);
      parts = trainingParts(labels, spec.trainExamples, spec.validationExamples);
      return parts.read;
    };
    const decoded = await reader.read(folder, pick, signal);
    signal?.throwIfAborted();
    const train = rowsOf(decoded, parts!.train);
    const validation = rowsOf(decoded, parts!.validation);
    const fingerprint = fingerprintOf(train, decoded);
    return { name: spec.name, format: reader.format, ...decoded, train, validation, fingerprint };
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

/** The training examples read in the places `rows`. */
function rowsOf({ train, ...shape }: Decoded, rows: Uint32Array): Split {
  return { images: takeRows(train.images, imageSize(shape), rows), labels: takeRows(train.labels, 1, rows) };
}

function checkAvailable(spec: DatasetSpec, split: SplitName, available: number): void {
  const asked = split === 'train' ? spec.trainExamples : spec.testExamples;
  if (asked > available) {
    const kind = split === 'train' ? 'training' : 'test';
    throw invalidField(
      `dataset.${split}_examples`,
      `${asked} asked for, "${spec.name}" has ${available} ${kind} examples; use at most ${available}, or 0 for all`,
    );
  }
  if (split === 'train') checkHeldOut(spec, available);
}

function checkHeldOut({ name, trainExamples, validationExamples }: DatasetSpec, available: number): void {
  // Where all are trained on but those held out, one at least has to be left.
  const most = trainExamples > 0 ? available - trainExamples : available - 1;
  if (validationExamples <= Math.max(0, most)) return;
  const remedy = trainExamples > 0 ? ', or lower train_examples' : ', so that some are left to train on';
  const besides = trainExamples > 0 ? `, ${trainExamples} of them trained on` : '';
  throw invalidField(
    'dataset.validation_examples',
    `${validationExamples} asked for, "${name}" has ${available} training examples${besides}; use at most ${most}${remedy}`,
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
