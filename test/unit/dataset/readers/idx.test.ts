import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { DataFolder } from '../../../../services/dataset/data-folder.ts';
import { idxReader } from '../../../../services/dataset/readers/idx.ts';
import { useDataRoot } from '../fixtures/data-root.ts';
import { expectAppError } from '../fixtures/expect-app-error.ts';
import { encodeIdx, writeIdxFiles } from '../fixtures/idx-files.ts';
import { MNIST_SHAPE, mnistDigits } from '../fixtures/mnist.ts';

const root = useDataRoot();
const TRAIN = mnistDigits(0, 12);
const TEST = mnistDigits(12, 4);
const TRAIN_IMAGES = 'train-images-idx3-ubyte';
const all = (_: string, labels: Uint16Array) => Uint32Array.from(labels.keys());

let folder: DataFolder;
beforeEach(async () => {
  folder = await root.folder('digits');
  await writeIdxFiles(folder.path, MNIST_SHAPE, { train: TRAIN, test: TEST });
});

const put = (name: string, content: Uint8Array) => writeFile(join(folder.path, name), content);
const messageOf = async (work: Promise<unknown>) => (await expectAppError(work, ErrorReason.CORRUPT_DATASET)).message;

/** Replaces the plain training images by a gzip file. */
async function putGzip(content: Uint8Array): Promise<void> {
  await rm(join(folder.path, TRAIN_IMAGES));
  await put(`${TRAIN_IMAGES}.gz`, content);
}

describe('IDX files', () => {
  it('notice any flipped byte of a header, by inspection alone', async () => {
    const files = {
      [TRAIN_IMAGES]: encodeIdx([12, 28, 28], TRAIN.images),
      't10k-labels-idx1-ubyte': encodeIdx([4], Uint8Array.from(TEST.labels)),
    };
    for (const [name, content] of Object.entries(files)) {
      const flips = fc.record({
        at: fc.nat(name.includes('images') ? 15 : 7),
        mask: fc.integer({ min: 1, max: 255 }),
      });
      await fc.assert(
        fc.asyncProperty(flips, async ({ at, mask }) => {
          const damaged = Buffer.from(content);
          damaged[at] ^= mask;
          await put(name, damaged);
          expect(await messageOf(idxReader.inspect(folder))).toMatch(/^digits\//);
          await messageOf(idxReader.read(folder, all));
        }),
      );
      await put(name, content);
    }
  });

  it.each([
    [
      'another magic number',
      Buffer.from('PNG image, really'),
      'expected the magic number 0x00000803, found 0x504e4720',
    ],
    ['no images', encodeIdx([0, 28, 28], new Uint8Array(0)), 'examples, found 0'],
    ['no height', encodeIdx([12, 0, 28], new Uint8Array(0)), 'sides of 1 to 4096 pixels, found 0 x 28'],
    ['a huge width', encodeIdx([1, 1, 4097], new Uint8Array(4097)), 'found 1 x 4097'],
    ['more than fits in memory', encodeIdx([67108864, 4096, 4096], new Uint8Array(9)), 'at most 4294967295 bytes'],
    ['a header alone', encodeIdx([12, 28, 28], new Uint8Array(0)), 'expected 9424 bytes as its header says, found 16'],
    ['half a header', Buffer.from([0, 0, 8, 3, 0, 0]), 'expected a header of 16 bytes, found 6 bytes in all'],
    ['nothing', Buffer.alloc(0), 'found 0 bytes in all'],
  ])('with %s are refused', async (_, content, message) => {
    await put(TRAIN_IMAGES, content);
    expect(await messageOf(idxReader.inspect(folder))).toContain(`digits/${TRAIN_IMAGES}: `);
    expect(await messageOf(idxReader.read(folder, all))).toContain(message);
  });

  it('must have a label for each image', async () => {
    await put('train-labels-idx1-ubyte', encodeIdx([11], new Uint8Array(11)));
    expect(await messageOf(idxReader.inspect(folder))).toBe(
      'digits/train-labels-idx1-ubyte: expected 12 labels, one for each image in digits/train-images-idx3-ubyte, ' +
        'found 11. Replace it with a fresh copy.',
    );
  });

  it('must have one size of image', async () => {
    await put('t10k-images-idx3-ubyte', encodeIdx([4, 14, 28], new Uint8Array(4 * 14 * 28)));
    expect(await messageOf(idxReader.inspect(folder))).toContain(
      'expected images of 28 x 28 pixels as in digits/train-',
    );
  });

  it('must not test on a class that training lacks', async () => {
    await put('t10k-labels-idx1-ubyte', encodeIdx([4], Uint8Array.of(0, 1, 77, 2)));
    expect(await messageOf(idxReader.read(folder, all))).toContain(
      'digits/t10k-labels-idx1-ubyte: expected labels below 10, as among the training labels, found 77 at example 2',
    );
  });

  it('have as many classes as the largest training label says', async () => {
    await put('train-labels-idx1-ubyte', encodeIdx([12], new Uint8Array(12).fill(9)));
    expect((await idxReader.read(folder, all)).classNames).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  });
});

describe('gzipped IDX files', () => {
  it('stop unpacking as soon as there is more than the header says', async () => {
    const bomb = gzipSync(Buffer.alloc(2 ** 20));
    const members = [gzipSync(encodeIdx([12, 28, 28], TRAIN.images)), ...new Array<Buffer>(5_000).fill(bomb)];
    await putGzip(Buffer.concat(members));
    const before = process.memoryUsage().arrayBuffers;
    expect(await messageOf(idxReader.read(folder, all))).toContain('expected 9424 bytes of content, found more');
    // The 5 GB behind the images were never unpacked.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 2 ** 20);
  });

  it("don't allocate what a forged header promises", async () => {
    await putGzip(gzipSync(encodeIdx([250_000, 128, 128], new Uint8Array(64))));
    const before = process.memoryUsage().arrayBuffers;
    expect(await messageOf(idxReader.inspect(folder))).toContain('expected 4096000016 bytes as its header says');
    await messageOf(idxReader.read(folder, all));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 2 ** 20);
  });

  it('must hold as much as their header says', async () => {
    await putGzip(gzipSync(encodeIdx([12, 28, 28], TRAIN.images.subarray(1))));
    const message = await messageOf(idxReader.read(folder, all));
    expect(message).toContain('train-images-idx3-ubyte.gz: expected 9424 bytes of content, found only 9423');
  });

  it('must be gzip', async () => {
    await putGzip(encodeIdx([12, 28, 28], TRAIN.images));
    expect(await messageOf(idxReader.inspect(folder))).toContain(
      'digits/train-images-idx3-ubyte.gz: expected a complete gzip file, found broken data (incorrect header check)',
    );
  });
});
