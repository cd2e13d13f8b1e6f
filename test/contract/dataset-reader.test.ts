import { join } from 'node:path';
import type { ImageShape, Split } from '../../services/dataset/dataset.ts';
import { cifar10Reader, cifar100Reader } from '../../services/dataset/readers/cifar.ts';
import { CIFAR10_CLASSES, CIFAR100_CLASSES } from '../../services/dataset/readers/cifar-classes.ts';
import { idxReader } from '../../services/dataset/readers/idx.ts';
import { imageFolderReader } from '../../services/dataset/readers/image-folder.ts';
import type { Decoded } from '../../services/dataset/readers/reader.ts';
import {
  CIFAR_SHAPE,
  cifar10Files,
  cifar100Files,
  encodeTarGz,
  inFolder,
  writeFiles,
} from '../unit/dataset/fixtures/cifar-files.ts';
import { writeIdxFiles } from '../unit/dataset/fixtures/idx-files.ts';
import { writeImageFolder } from '../unit/dataset/fixtures/image-files.ts';
import { MNIST_SHAPE, mnistDigits } from '../unit/dataset/fixtures/mnist.ts';
import { formulaSplit } from '../unit/dataset/fixtures/samples.ts';
import { describeDatasetReader } from './dataset-reader.contract.ts';

const DIGITS = Array.from({ length: 10 }, (_, digit) => `${digit}`);
const SMALL_RGB = { height: 5, width: 7, channels: 3 };

// Twelve real digits reach up to label 9.
const digits: Decoded = {
  ...MNIST_SHAPE,
  classNames: DIGITS,
  train: mnistDigits(0, 12),
  test: mnistDigits(12, 4),
};
const cifar10: Decoded = { ...formula(CIFAR_SHAPE, 15, 3, 10), classNames: CIFAR10_CLASSES };
const cifar100: Decoded = { ...formula(CIFAR_SHAPE, 10, 2, 100), classNames: CIFAR100_CLASSES };

for (const style of [
  { mark: '-', gzip: false },
  { mark: '.', gzip: false },
  { mark: '-', gzip: true },
  { mark: '.', gzip: true },
] as const) {
  describeDatasetReader({
    title: `IDX, '${style.mark}' in names${style.gzip ? ', gzipped' : ''}`,
    reader: idxReader,
    content: digits,
    write: (path, content) => writeIdxFiles(path, MNIST_SHAPE, content, style),
    countsKnown: true,
  });
}

for (const { name, reader, content, encode, subfolder } of [
  {
    name: 'CIFAR-10',
    reader: cifar10Reader,
    content: cifar10,
    encode: cifar10Files,
    subfolder: 'cifar-10-batches-bin',
  },
  {
    name: 'CIFAR-100',
    reader: cifar100Reader,
    content: cifar100,
    encode: cifar100Files,
    subfolder: 'cifar-100-binary',
  },
]) {
  const loose = { reader, content, countsKnown: true };
  describeDatasetReader({
    ...loose,
    title: `${name}, loose files`,
    write: (path, decoded) => writeFiles(path, encode(decoded)),
  });
  describeDatasetReader({
    ...loose,
    title: `${name}, official folder`,
    write: (path, decoded) => writeFiles(path, inFolder(subfolder, encode(decoded))),
  });
  describeDatasetReader({
    ...loose,
    title: `${name}, official archive`,
    countsKnown: false,
    async write(path, decoded) {
      const readme = { 'readme.html': Buffer.from('<html>') };
      const archive = await encodeTarGz(inFolder(subfolder, { ...encode(decoded), ...readme }));
      await writeFiles(path, { [`${name.toLowerCase()}-binary.tar.gz`]: archive });
    },
  });
}

for (const { title, content } of [
  { title: 'image folder, grey', content: sortedByLabel({ ...byParity(digits), classNames: ['even', 'odd'] }) },
  {
    title: 'image folder, RGB',
    content: sortedByLabel({ ...formula(SMALL_RGB, 12, 6, 3), classNames: ['cat', 'dog', 'the owl'] }),
  },
]) {
  describeDatasetReader({
    title,
    reader: imageFolderReader,
    content,
    async write(path, { train, test, classNames }) {
      await writeImageFolder(join(path, 'train'), train, content, classNames);
      await writeImageFolder(join(path, 'test'), test, content, classNames);
    },
    countsKnown: true,
  });
}

function formula(shape: ImageShape, train: number, test: number, classes: number) {
  return { ...shape, train: formulaSplit(train, shape, classes), test: formulaSplit(test, shape, classes, 101) };
}

/** Few classes, so that a handful of digits has every one in both halves. */
function byParity({ train, test, ...rest }: Decoded): Decoded {
  const parity = ({ images, labels }: Split) => ({ images, labels: labels.map((label) => label % 2) });
  return { ...rest, train: parity(train), test: parity(test) };
}

/** The order an image folder gives: class by class. */
function sortedByLabel(content: Decoded): Decoded {
  return { ...content, train: sortSplit(content.train, content), test: sortSplit(content.test, content) };
}

function sortSplit({ images, labels }: Split, { height, width, channels }: ImageShape): Split {
  const size = height * width * channels;
  const order = Array.from(labels.keys()).sort((a, b) => labels[a] - labels[b] || a - b);
  return {
    images: Uint8Array.from(order.flatMap((row) => [...images.subarray(row * size, (row + 1) * size)])),
    labels: Uint16Array.from(order.map((row) => labels[row])),
  };
}
