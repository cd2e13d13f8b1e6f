import { DatasetFormat } from '../../../proto/gen/winnow/v1/dataset_pb.ts';
import { corruptDataset } from '../corrupt-dataset.ts';
import { type DataFolder, findFirstFile, labelOf } from '../data-folder.ts';
import type { Split } from '../dataset.ts';
import { takeRows } from '../subset.ts';
import { type IdxFile, openIdxFile, readIdxData } from './idx-file.ts';
import type { DatasetReader, Decoded, ExampleCounts, PickExamples, SplitName } from './reader.ts';

interface IdxSplit {
  readonly images: IdxFile;
  readonly labels: IdxFile;
}

const PREFIX: Readonly<Record<SplitName, string>> = { train: 'train', test: 't10k' };
const IMAGES = 'images?idx3-ubyte';
const LABELS = 'labels?idx1-ubyte';

const ALL_NAMES = new Set(
  Object.values(PREFIX).flatMap((prefix) => [...variants(prefix, IMAGES), ...variants(prefix, LABELS)]),
);

/**
 * Reads the four IDX files of MNIST and Fashion-MNIST, plain or gzipped, with '-' or '.' before "idx". Grey images.
 * IDX names no classes: there are as many as the largest training label says, named by their number.
 */
export const idxReader: DatasetReader = {
  format: DatasetFormat.IDX,
  layout: 'train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte',

  detect(entries) {
    return [...entries].some((name) => ALL_NAMES.has(name));
  },

  async inspect(folder): Promise<ExampleCounts> {
    const { train, test } = await openSplits(folder);
    return { train: train.labels.dimensions[0], test: test.labels.dimensions[0] };
  },

  async read(folder, pick, signal): Promise<Decoded> {
    const files = await openSplits(folder, signal);
    const [, height, width] = files.train.images.dimensions;
    const labels = {
      train: await readIdxData(files.train.labels, signal),
      test: await readIdxData(files.test.labels, signal),
    };
    const classes = labels.train.reduce((largest, label) => Math.max(largest, label), 0) + 1;
    checkTestLabels(files.test.labels, labels.test, classes);
    return {
      height,
      width,
      channels: 1,
      classNames: Array.from({ length: classes }, (_, label) => `${label}`),
      train: await readSplit('train', files.train, labels.train, pick, signal),
      test: await readSplit('test', files.test, labels.test, pick, signal),
    };
  },
};

function variants(prefix: string, pattern: string): string[] {
  return ['', '.gz'].flatMap((ending) => ['-', '.'].map((mark) => `${prefix}-${pattern.replace('?', mark)}${ending}`));
}

async function openSplits(folder: DataFolder, signal?: AbortSignal): Promise<Record<SplitName, IdxSplit>> {
  const train = await openSplit(folder, 'train', signal);
  const test = await openSplit(folder, 'test', signal);
  const [trainSize, testSize] = [train, test].map(({ images }) => images.dimensions.slice(1).join(' x '));
  if (trainSize !== testSize) {
    const expected = `images of ${trainSize} pixels as in ${train.images.file.label}`;
    throw corruptDataset({ file: test.images.file.label, expected, found: testSize });
  }
  return { train, test };
}

async function openSplit(folder: DataFolder, split: SplitName, signal?: AbortSignal): Promise<IdxSplit> {
  const images = await open(folder, variants(PREFIX[split], IMAGES), 3, signal);
  const labels = await open(folder, variants(PREFIX[split], LABELS), 1, signal);
  if (labels.dimensions[0] !== images.dimensions[0]) {
    const expected = `${images.dimensions[0]} labels, one for each image in ${images.file.label}`;
    throw corruptDataset({ file: labels.file.label, expected, found: `${labels.dimensions[0]}` });
  }
  return { images, labels };
}

async function open(folder: DataFolder, names: string[], rank: 1 | 3, signal?: AbortSignal): Promise<IdxFile> {
  const file = await findFirstFile(folder, names);
  if (file !== undefined) return openIdxFile(file, rank, signal);
  const remedy = 'Put it there, plain or with ".gz".';
  throw corruptDataset({ file: labelOf(folder, names[0]), expected: 'this file', found: 'none', remedy });
}

function checkTestLabels({ file }: IdxFile, labels: Uint8Array, classes: number): void {
  const place = labels.findIndex((label) => label >= classes);
  if (place === -1) return;
  const expected = `labels below ${classes}, as among the training labels`;
  throw corruptDataset({ file: file.label, expected, found: `${labels[place]} at example ${place}` });
}

async function readSplit(
  split: SplitName,
  files: IdxSplit,
  labelBytes: Uint8Array,
  pick: PickExamples,
  signal?: AbortSignal,
): Promise<Split> {
  const labels = Uint16Array.from(labelBytes);
  const picked = pick(split, labels);
  const [, height, width] = files.images.dimensions;
  const images = await readIdxData(files.images, signal);
  return { images: takeRows(images, height * width, picked), labels: takeRows(labels, 1, picked) };
}
