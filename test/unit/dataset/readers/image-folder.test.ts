import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { DataFolder } from '../../../../services/dataset/data-folder.ts';
import type { ImageShape } from '../../../../services/dataset/dataset.ts';
import { imageFolderReader } from '../../../../services/dataset/readers/image-folder.ts';
import { useDataRoot } from '../fixtures/data-root.ts';
import { expectAppError } from '../fixtures/expect-app-error.ts';
import { writeImage } from '../fixtures/image-files.ts';
import { MNIST_SHAPE, mnistDigits } from '../fixtures/mnist.ts';
import { formulaSplit } from '../fixtures/samples.ts';

const root = useDataRoot();
const DIGITS = mnistDigits(0, 4).images;
const RGB_SHAPE = { height: 28, width: 28, channels: 3 };
const RGB = formulaSplit(1, RGB_SHAPE, 1).images;
const all = (_: string, labels: Uint16Array) => Uint32Array.from(labels.keys());
const digit = (i: number) => DIGITS.subarray(784 * i, 784 * (i + 1));

let folder: DataFolder;
beforeEach(async () => {
  folder = await root.folder('images');
  await put('train/b/1.png', digit(0));
  await put('train/a/2.png', digit(1));
  await put('test/a/1.png', digit(2));
  await put('test/b/1.png', digit(3));
});

const put = (path: string, pixels: Uint8Array, shape: ImageShape = MNIST_SHAPE) =>
  writeImage(join(folder.path, path), pixels, shape);
const messageOf = async (work: Promise<unknown>) => (await expectAppError(work, ErrorReason.CORRUPT_DATASET)).message;
const read = () => imageFolderReader.read(folder, all);

describe('image folders', () => {
  it('are ordered by class, then by file name, whatever the locale', async () => {
    for (const name of ['B', 'ä', 'Z1']) {
      await put(`train/${name}/x.png`, digit(0));
      await put(`test/${name}/x.png`, digit(0));
    }
    await put('train/a/10.png', digit(3));
    const { classNames, train } = await read();
    expect(classNames).toEqual(['B', 'Z1', 'a', 'b', 'ä']);
    expect(Array.from(train.labels)).toEqual([0, 1, 2, 2, 3, 4]);
    expect(train.images.subarray(2 * 784, 4 * 784)).toEqual(Uint8Array.from([...digit(3), ...digit(1)]));
  });

  it('leave hidden and other files alone', async () => {
    await writeFile(join(folder.path, 'train/a/.hidden.png'), 'x');
    await writeFile(join(folder.path, 'train/a/Thumbs.db'), 'x');
    await writeFile(join(folder.path, 'train/notes.txt'), 'x');
    await symlink('a/2.png', join(folder.path, 'train/link'));
    await mkdir(join(folder.path, 'train/.cache'));
    expect(await imageFolderReader.inspect(folder)).toEqual({ train: 2, test: 2 });
  });

  it('read JPEG files as the decoder gives them', async () => {
    for (const path of ['train/a/3.jpg', 'train/a/4.JPEG']) await put(path, RGB, RGB_SHAPE);
    const decoded = await sharp(join(folder.path, 'train/a/3.jpg')).raw().toBuffer();
    const { train, channels } = await read();
    expect(channels).toBe(3);
    expect(train.images.subarray(2352, 4704)).toEqual(Uint8Array.from(decoded));
    expect(train.images.subarray(4704, 7056)).toEqual(Uint8Array.from(decoded));
  });

  it('repeat grey values three times beside one RGB image', async () => {
    await put('test/b/1.png', RGB, RGB_SHAPE);
    const { channels, train, test } = await read();
    expect(channels).toBe(3);
    expect(train.images.subarray(0, 2352)).toEqual(
      Uint8Array.from([...digit(1)].flatMap((value) => [value, value, value])),
    );
    expect(test.images.subarray(2352)).toEqual(RGB);
  });

  it('drop transparency and cut 16 bits to 8', async () => {
    const raw = { raw: { width: 28, height: 28, channels: 1 } } as const;
    const rgba = sharp(RGB, { raw: { width: 28, height: 28, channels: 3 } }).ensureAlpha(0.5);
    await rgba.toFile(join(folder.path, 'train/a/2.png'));
    await sharp(digit(0), raw).toColourspace('grey16').toFile(join(folder.path, 'train/b/1.png'));
    const { train } = await read();
    expect(train.images.subarray(0, 2352)).toEqual(RGB);
    expect(train.images.subarray(2352)).toEqual(
      Uint8Array.from([...digit(0)].flatMap((value) => [value, value, value])),
    );
  });

  it('may link class folders inside the data root, not outside', async () => {
    await cp(join(folder.path, 'train/a'), join(root.path, 'shared'), { recursive: true });
    await rm(join(folder.path, 'train/a'), { recursive: true });
    await symlink('../../shared', join(folder.path, 'train/a'));
    expect((await read()).train.images.subarray(0, 784)).toEqual(digit(1));
    await rm(join(folder.path, 'train/a'));
    await symlink('/', join(folder.path, 'train/a'));
    expect(await messageOf(read())).toContain('images/train/a: expected an entry inside the data root');
  });

  it('name the image of another size', async () => {
    await put('test/b/1.png', digit(0).subarray(0, 28 * 14), {
      ...MNIST_SHAPE,
      height: 14,
    } as unknown as typeof RGB_SHAPE);
    expect(await messageOf(read())).toBe(
      'images/test/b/1.png: expected 28 x 28 pixels as in images/train/a/2.png, found 28 x 14. ' +
        'Resize or crop all images to one size.',
    );
  });

  it('decode picked images only', async () => {
    await writeFile(join(folder.path, 'train/b/1.png'), 'broken');
    const first = (_: string, labels: Uint16Array) => Uint32Array.from(labels.keys()).subarray(0, 1);
    const { train, classNames } = await imageFolderReader.read(folder, first);
    expect(train).toEqual({ images: Uint8Array.from(digit(1)), labels: Uint16Array.of(0) });
    expect(classNames).toEqual(['a', 'b']);
  });
});

describe('image folders are refused', () => {
  it.each([
    ['without test', 'test', 'images/test: expected one folder for each class, 1 to 65536, found no such folder'],
    ['without train', 'train', 'images/train: expected one folder for each class'],
    [
      'without a class in test',
      'test/b',
      'images/test/b: expected the same classes in train and test, found no folder',
    ],
    ['without a class in train', 'train/a', 'images/train/a: expected the same classes in train and test'],
  ])('%s', async (_, path, message) => {
    await rm(join(folder.path, path), { recursive: true });
    for (const start of [() => imageFolderReader.inspect(folder), read]) {
      expect(await messageOf(start())).toContain(message);
    }
  });

  it('with a class that has no image', async () => {
    await rm(join(folder.path, 'train/b/1.png'));
    await mkdir(join(folder.path, 'train/b/images'));
    expect(await messageOf(read())).toContain('images/train/b: expected PNG or JPEG files directly in it, found none');
  });

  it.each([
    [
      'an SVG in disguise',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="28" height="28"/>'),
      'another kind',
    ],
    ['an empty file', Buffer.alloc(0), 'another kind of file'],
    ['a JPEG of two bytes', Buffer.from([0xff, 0xd8, 0xff]), 'broken data ('],
  ])('with %s', async (_, content, message) => {
    await writeFile(join(folder.path, 'train/a/2.png'), content);
    const text = await messageOf(read());
    expect(text).toContain('images/train/a/2.png: expected a PNG or JPEG image of at most 4096 x 4096 pixels');
    expect(text).toContain(message);
    expect(text).not.toContain(root.path);
  });

  it('with a JPEG cut at any byte', async () => {
    const path = join(folder.path, 'train/a/2.jpg');
    await writeImage(path, RGB, RGB_SHAPE);
    const whole = await readFile(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), async (length) => {
        await writeFile(path, whole.subarray(0, length));
        expect(await messageOf(read())).toMatch(/^images\/train\/a\/2\.jpg: expected a PNG or JPEG/);
      }),
      { numRuns: 40 },
    );
  });

  it('with an image of too many pixels', async () => {
    const create = { width: 4097, height: 2, channels: 3 as const, background: 'red' };
    await sharp({ create }).png().toFile(join(folder.path, 'train/a/2.png'));
    expect(await messageOf(read())).toContain('found broken data (4097 x 2 pixels)');
  });

  it('with a small file that unpacks to a huge image', async () => {
    const create = { width: 5000, height: 5000, channels: 3 as const, background: 'red' };
    await sharp({ create }).png().toFile(join(folder.path, 'train/a/2.png'));
    expect(await messageOf(read())).toContain('exceeds pixel limit');
  });
});
