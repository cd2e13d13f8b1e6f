import { DatasetFormat } from '../../../proto/gen/winnow/v1/dataset_pb.ts';
import { corruptDataset } from '../corrupt-dataset.ts';
import { CIFAR10_CLASSES, CIFAR100_CLASSES } from './cifar-classes.ts';

/** The official binary version of a CIFAR data set (https://www.cs.toronto.edu/~kriz/cifar.html). */
export interface CifarLayout {
  readonly format: DatasetFormat;
  /** The folder inside the official archive. */
  readonly subfolder: string;
  readonly archive: string;
  /** Training files in index order, all of one size. */
  readonly trainFiles: readonly string[];
  readonly testFile: string;
  /** Exclusive upper bounds of a record's label bytes; the last byte is the class. */
  readonly labelBounds: readonly number[];
  readonly classNames: readonly string[];
}

/** Shape of every CIFAR image. */
export const CIFAR_SHAPE = { height: 32, width: 32, channels: 3 } as const;

/** Pixels of one colour plane. */
export const PLANE_BYTES = CIFAR_SHAPE.height * CIFAR_SHAPE.width;

// 50,000 training and 10,000 test images: a file cut between two records betrays itself by another proportion.
const TRAIN_PER_TEST = 5;

// The largest official file, CIFAR-100's train.bin, has 153,700,000.
const MAX_FILE_BYTES = 200_000_000;

export const CIFAR10: CifarLayout = {
  format: DatasetFormat.CIFAR10,
  subfolder: 'cifar-10-batches-bin',
  archive: 'cifar-10-binary.tar.gz',
  trainFiles: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`),
  testFile: 'test_batch.bin',
  labelBounds: [CIFAR10_CLASSES.length],
  classNames: CIFAR10_CLASSES,
};

export const CIFAR100: CifarLayout = {
  format: DatasetFormat.CIFAR100,
  subfolder: 'cifar-100-binary',
  archive: 'cifar-100-binary.tar.gz',
  trainFiles: ['train.bin'],
  testFile: 'test.bin',
  // 20 superclasses (coarse), then the 100 classes (fine).
  labelBounds: [20, CIFAR100_CLASSES.length],
  classNames: CIFAR100_CLASSES,
};

/** Bytes of one record: labels, then the red, green and blue planes. */
export function recordBytes(layout: CifarLayout): number {
  return layout.labelBounds.length + CIFAR_SHAPE.channels * PLANE_BYTES;
}

/** All files, training first. */
export function cifarFiles(layout: CifarLayout): readonly string[] {
  return [...layout.trainFiles, layout.testFile];
}

/**
 * Checks the files' sizes (in bytes, by name; `labels` are their names in messages) against the official proportions and
 * returns the number of records in each training file and in the test file. Errors: CORRUPT_DATASET.
 */
export function checkCifarSizes(
  layout: CifarLayout,
  sizes: ReadonlyMap<string, number>,
  label: (name: string) => string,
): { readonly perTrainFile: number; readonly test: number } {
  const record = recordBytes(layout);
  for (const [name, size] of sizes) {
    if (size > 0 && size % record === 0 && size <= MAX_FILE_BYTES) continue;
    const expected = `whole records of ${record} bytes, at most ${MAX_FILE_BYTES} bytes in all`;
    throw corruptDataset({ file: label(name), expected, found: `${size} bytes` });
  }
  const test = sizes.get(layout.testFile)! / record;
  const perTrainFile = (TRAIN_PER_TEST * test) / layout.trainFiles.length;
  for (const name of layout.trainFiles) {
    const found = sizes.get(name)! / record;
    if (found === perTrainFile) continue;
    const expected = `${perTrainFile} records, for the ${test} in ${label(layout.testFile)}`;
    throw corruptDataset({ file: label(name), expected, found: `${found}` });
  }
  return { perTrainFile, test };
}
