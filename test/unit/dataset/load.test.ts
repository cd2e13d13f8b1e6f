import { chmod, cp, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import { DatasetFormat, DatasetSpecSchema } from '../../../proto/gen/winnow/v1/dataset_pb.ts';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { fingerprintOf } from '../../../services/dataset/fingerprint.ts';
import { inspectDataset, loadDataset } from '../../../services/dataset/load.ts';
import { trainingParts } from '../../../services/dataset/training-parts.ts';
import { cifar10Files, encodeTarGz, writeFiles } from './fixtures/cifar-files.ts';
import { useDataRoot } from './fixtures/data-root.ts';
import { expectAppError } from './fixtures/expect-app-error.ts';
import { writeIdxFiles } from './fixtures/idx-files.ts';
import { MNIST_FOLDER, MNIST_SHAPE, mnistDigits } from './fixtures/mnist.ts';
import { formulaSplit } from './fixtures/samples.ts';

const { INVALID_FIELD, UNKNOWN_DATASET, CORRUPT_DATASET, CANCELLED } = ErrorReason;

const root = useDataRoot();
const TRAIN = mnistDigits(0, 60);
const TEST = mnistDigits(60, 20);

const spec = (fields: MessageInitShape<typeof DatasetSpecSchema>) => create(DatasetSpecSchema, fields);
const load = (fields: MessageInitShape<typeof DatasetSpecSchema>) => loadDataset(spec(fields), root.path);
const inspect = (fields: MessageInitShape<typeof DatasetSpecSchema>) => inspectDataset(spec(fields), root.path);

beforeEach(async () => {
  const { path } = await root.folder('digits');
  await writeIdxFiles(path, MNIST_SHAPE, { train: TRAIN, test: TEST });
});

describe('loadDataset', () => {
  it('finds the format and loads everything', async () => {
    const dataset = await load({ name: 'digits' });
    expect(dataset).toMatchObject({ name: 'digits', format: DatasetFormat.IDX, ...MNIST_SHAPE });
    expect(dataset.train).toEqual(TRAIN);
    expect(dataset.test).toEqual(TEST);
    expect(dataset.fingerprint).toBe(fingerprintOf(TRAIN, MNIST_SHAPE));
  });

  it('keeps the first ones of every class, in file order', async () => {
    const dataset = await load({ name: 'digits', trainExamples: 30, testExamples: 5 });
    expect(dataset.train.labels.length).toBe(30);
    expect(dataset.test.labels.length).toBe(5);
    const kept: number[] = [];
    TRAIN.labels.forEach((label, place) => {
      const before = kept.filter((other) => TRAIN.labels[other] === label).length;
      const share = dataset.train.labels.filter((other) => other === label).length;
      if (before < share) kept.push(place);
    });
    expect(Array.from(dataset.train.labels)).toEqual(kept.map((place) => TRAIN.labels[place]));
    const pixels = kept.flatMap((place) => [...TRAIN.images.subarray(784 * place, 784 * (place + 1))]);
    expect(dataset.train.images).toEqual(Uint8Array.from(pixels));
    expect(dataset.classNames.length).toBe(10);
    expect(dataset.fingerprint).toBe(fingerprintOf(dataset.train, MNIST_SHAPE));
  });

  it.each([
    ['those after the ones trained on', 30, 20],
    ['the last ones where all others are trained on', 0, 20],
  ])('holds out of training %s', async (_, trainExamples, validationExamples) => {
    const dataset = await load({ name: 'digits', trainExamples, validationExamples, testExamples: 5 });
    const { train, validation } = trainingParts(TRAIN.labels, trainExamples, validationExamples);
    expect(dataset.train.labels).toHaveLength(trainExamples || 40);
    expect(dataset.validation.labels).toHaveLength(20);
    const { read } = trainingParts(TRAIN.labels, trainExamples, validationExamples);
    const pixelsOf = (rows: Uint32Array) =>
      Uint8Array.from([...rows].flatMap((row) => [...TRAIN.images.subarray(784 * read[row], 784 * (read[row] + 1))]));
    expect(dataset.train.images).toEqual(pixelsOf(train));
    expect(dataset.validation.images).toEqual(pixelsOf(validation));
    expect(Array.from(dataset.validation.labels)).toEqual(Array.from(validation, (row) => TRAIN.labels[read[row]]));
    expect(dataset.test.labels).toHaveLength(5);
    expect(dataset.fingerprint).toBe(fingerprintOf(dataset.train, MNIST_SHAPE));
  });

  it('has the same fingerprint with examples held out beside those trained on', async () => {
    const plain = await load({ name: 'digits', trainExamples: 30 });
    expect(plain.validation.labels).toHaveLength(0);
    const withHeldOut = await load({ name: 'digits', trainExamples: 30, validationExamples: 10 });
    expect(withHeldOut.train).toEqual(plain.train);
    expect(withHeldOut.fingerprint).toBe(plain.fingerprint);
  });

  it('loads the real MNIST through a linked folder', async () => {
    await symlink(MNIST_FOLDER, join(root.path, 'mnist'));
    expect(await inspect({ name: 'mnist' })).toEqual({
      format: DatasetFormat.IDX,
      counts: { train: 60_000, test: 10_000 },
    });
    const dataset = await load({ name: 'mnist', trainExamples: 1000, testExamples: 100 });
    // MNIST's training set has 5,923 zeros, 6,742 ones, .. in 60,000.
    const counts = new Array<number>(10).fill(0);
    for (const label of dataset.train.labels) counts[label]++;
    expect(counts).toEqual([99, 112, 99, 102, 97, 90, 99, 105, 98, 99]);
    expect(Array.from(dataset.train.labels.subarray(0, 10))).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  });

  it('stops when cancelled, before and while reading', async () => {
    const name = 'digits';
    await expectAppError(loadDataset(spec({ name }), root.path, { signal: AbortSignal.abort() }), CANCELLED);
    await symlink(MNIST_FOLDER, join(root.path, 'mnist'));
    const controller = new AbortController();
    const work = loadDataset(spec({ name: 'mnist' }), root.path, { signal: controller.signal });
    setTimeout(() => controller.abort(), 10);
    await expectAppError(work, CANCELLED);
  });

  it.each([
    ['dataset.train_examples', { trainExamples: 61 }, 'has 60 training examples'],
    ['dataset.test_examples', { testExamples: 21 }, 'has 20 test examples'],
    [
      'dataset.validation_examples',
      { trainExamples: 50, validationExamples: 11 },
      '11 asked for, "digits" has 60 training examples, 50 of them trained on; use at most 10, or lower train_examples',
    ],
    ['dataset.validation_examples', { trainExamples: 60, validationExamples: 1 }, 'use at most 0'],
    ['dataset.validation_examples', { validationExamples: 60 }, 'use at most 59, so that some are left to train on'],
    ['dataset.validation_examples', { validationExamples: 2 ** 32 - 1 }, 'use at most 59'],
    ['dataset.train_examples', { trainExamples: 61, validationExamples: 1 }, 'has 60 training examples'],
  ])('says how many there are when %s asks for more', async (field, fields, message) => {
    for (const start of [load, inspect]) {
      const error = await expectAppError(start({ name: 'digits', ...fields }), INVALID_FIELD);
      expect(error.fields[0].field).toBe(field);
      expect(error.message).toContain(message);
    }
  });
});

describe('the name', () => {
  const outside = [
    '',
    '.',
    '..',
    '../digits',
    'digits/..',
    'digits/',
    '/etc',
    'a\\b',
    'digits\0',
    'di gits',
    'ö',
    '%2e%2e',
  ];

  it.each([...outside, 'x'.repeat(256)])('%j is no name', async (name) => {
    for (const start of [load, inspect]) {
      const error = await expectAppError(start({ name }), INVALID_FIELD);
      expect(error.fields).toMatchObject([{ field: 'dataset.name' }]);
    }
  });

  it.each(['mnist', 'digits2', '...', 'x'.repeat(255)])(
    '%j is no data set, and the message lists those there are',
    async (name) => {
      await root.folder('cifar');
      await root.folder('.git');
      await writeFile(join(root.path, 'digits2'), 'a file');
      for (const start of [load, inspect]) {
        const { message } = await expectAppError(start({ name }), UNKNOWN_DATASET);
        expect(message).toBe(`no data set "${name}" below the data root: available are cifar, digits`);
      }
    },
  );

  it('lists no endless catalogue', async () => {
    await Promise.all(Array.from({ length: 60 }, (_, i) => root.folder(`set${i}`)));
    const { message } = await expectAppError(load({ name: 'none' }), UNKNOWN_DATASET);
    expect(message).toMatch(/ and 11 more$/);
  });

  it('says so if the data root is empty or missing', async () => {
    await rm(join(root.path, 'digits'), { recursive: true });
    expect((await expectAppError(load({ name: 'x' }), UNKNOWN_DATASET)).message).toContain('holds no folders');
    const missing = loadDataset(spec({ name: 'x' }), join(root.path, 'nowhere'));
    const { message } = await expectAppError(missing, UNKNOWN_DATASET);
    expect(message).toContain('the data root does not exist');
    expect(message).not.toContain(root.path);
  });
});

describe('the format', () => {
  it('may be given', async () => {
    expect((await load({ name: 'digits', format: DatasetFormat.IDX })).format).toBe(DatasetFormat.IDX);
  });

  it('must exist', async () => {
    const { fields } = await expectAppError(load({ name: 'digits', format: 99 as DatasetFormat }), INVALID_FIELD);
    expect(fields[0].description).toBe('99 is no format; use IDX, CIFAR10, CIFAR100, IMAGE_FOLDER or unset');
  });

  it("must be what the folder's files are", async () => {
    const { fields } = await expectAppError(load({ name: 'digits', format: DatasetFormat.CIFAR10 }), INVALID_FIELD);
    expect(fields).toEqual([
      { field: 'dataset.format', description: 'the folder of "digits" holds files of IDX; leave it unset' },
    ]);
  });

  it('must be given where several fit', async () => {
    await mkdir(join(root.path, 'digits', 'train'));
    const { fields } = await expectAppError(load({ name: 'digits' }), INVALID_FIELD);
    expect(fields[0].description).toContain('holds files of IDX and IMAGE_FOLDER; say which');
    expect((await load({ name: 'digits', format: DatasetFormat.IDX })).train).toEqual(TRAIN);
  });

  it('names what a folder without data should hold', async () => {
    await root.folder('empty');
    const { message } = await expectAppError(inspect({ name: 'empty' }), CORRUPT_DATASET);
    for (const part of ['IDX (train-images', 'CIFAR10 (data_batch_1.bin', 'CIFAR100 (train.bin', 'IMAGE_FOLDER (']) {
      expect(message).toContain(part);
    }
    const asked = inspect({ name: 'empty', format: DatasetFormat.CIFAR100 });
    expect((await expectAppError(asked, CORRUPT_DATASET)).message).not.toContain('IDX');
  });
});

describe('files of a data set', () => {
  it('may be links inside the data root', async () => {
    const { path } = await root.folder('linked');
    await cp(join(root.path, 'digits'), path, { recursive: true });
    const file = join(path, 'train-labels-idx1-ubyte');
    await rm(file);
    await symlink('../digits/train-labels-idx1-ubyte', file);
    expect((await load({ name: 'linked' })).train).toEqual(TRAIN);
  });

  it('may not be links that leave it', async () => {
    const file = join(root.path, 'digits', 'train-labels-idx1-ubyte');
    await rm(file);
    await symlink(join(MNIST_FOLDER, 'train-labels-idx1-ubyte'), file);
    for (const start of [load, inspect]) {
      const { message } = await expectAppError(start({ name: 'digits' }), CORRUPT_DATASET);
      expect(message).toContain('digits/train-labels-idx1-ubyte: expected an entry inside the data root');
      expect(message).not.toContain(MNIST_FOLDER);
    }
  });

  it('must be regular files', async () => {
    const file = join(root.path, 'digits', 'train-labels-idx1-ubyte');
    await rm(file);
    await mkdir(file);
    const { message } = await expectAppError(load({ name: 'digits' }), CORRUPT_DATASET);
    expect(message).toContain('digits/train-labels-idx1-ubyte: expected a regular file');
  });

  it('must be readable', async () => {
    await chmod(root.path, 0o755);
    await chmod(join(root.path, 'digits', 'train-labels-idx1-ubyte'), 0);
    const { message } = await asNobody(() => expectAppError(load({ name: 'digits' }), CORRUPT_DATASET));
    expect(message).toBe(
      'digits/train-labels-idx1-ubyte: expected a readable file, found EACCES. Check its permissions and the disk.',
    );
  });
});

describe('inspectDataset', () => {
  it('notices a file cut short without reading it', async () => {
    await truncate(join(root.path, 'digits', 'train-images-idx3-ubyte'), 16 + 784 * 60 - 1);
    const { message } = await expectAppError(inspect({ name: 'digits' }), CORRUPT_DATASET);
    expect(message).toContain('digits/train-images-idx3-ubyte: expected 47056 bytes as its header says, found 47055');
  });

  it("takes an archive's word for what only unpacking would tell", async () => {
    const shape = { height: 32, width: 32, channels: 3 };
    const files = cifar10Files({ train: formulaSplit(5, shape, 10), test: formulaSplit(1, shape, 10) });
    const { path } = await root.folder('cifar');
    await writeFiles(path, { 'cifar-10-binary.tar.gz': await encodeTarGz(files) });
    const asked = { name: 'cifar', trainExamples: 1000 };
    expect(await inspect(asked)).toEqual({ format: DatasetFormat.CIFAR10, counts: undefined });
    await expectAppError(load(asked), INVALID_FIELD);
  });
});

/** Runs `work` without root's right to read everything. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid!() !== 0) return work();
  process.seteuid!(65_534);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
  }
}
