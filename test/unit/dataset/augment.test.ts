import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DatasetFormat } from '../../../proto/gen/winnow/v1/dataset_pb.ts';
import { augmentationFor, augmentBatch } from '../../../services/dataset/augment.ts';
import { imageSize } from '../../../services/dataset/dataset.ts';
import { MNIST_SHAPE, mnistDigits } from './fixtures/mnist.ts';
import { formulaSplit } from './fixtures/samples.ts';

const SHAPE = { height: 8, width: 6, channels: 3 };
const SIZE = imageSize(SHAPE);
const EXAMPLES = 40;
const { images } = formulaSplit(EXAMPLES, SHAPE, 2);
// Zeros appear in padding only.
const nonZero = images.map((value) => Math.max(1, value));
const OPTIONS = { seed: 9n, epoch: 3, crop: 4, flip: true };

const indexLists = fc.array(fc.nat(EXAMPLES - 1), { maxLength: 12 }).map((list) => Uint32Array.from(list));

function view(index: number, options = OPTIONS, source = nonZero): Uint8Array {
  return augmentBatch(source, SHAPE, Uint32Array.of(index), options);
}

/** The same by the book: pad, cut at (top, left), mirror. */
function expectedView(index: number, top: number, left: number, mirrored: boolean): Uint8Array {
  const { height, width, channels } = SHAPE;
  return Uint8Array.from({ length: SIZE }, (_, i) => {
    const channel = i % channels;
    const x = Math.floor(i / channels) % width;
    const y = Math.floor(i / channels / width);
    const sourceY = y + top - 4;
    const sourceX = (mirrored ? width - 1 - x : x) + left - 4;
    if (sourceY < 0 || sourceY >= height || sourceX < 0 || sourceX >= width) return 0;
    return nonZero[index * SIZE + (sourceY * width + sourceX) * channels + channel];
  });
}

/** Which crop and flip made this view; undefined if none did. */
function recognise(index: number, pixels: Uint8Array): { top: number; left: number; mirrored: boolean } | undefined {
  for (let top = 0; top <= 8; top++) {
    for (let left = 0; left <= 8; left++) {
      for (const mirrored of [false, true]) {
        if (Buffer.compare(expectedView(index, top, left, mirrored), pixels) === 0) return { top, left, mirrored };
      }
    }
  }
  return undefined;
}

describe('augmentBatch', () => {
  it('shows a padded crop, mirrored or not, each as often as any other', () => {
    const tops = new Array<number>(9).fill(0);
    const lefts = new Array<number>(9).fill(0);
    let mirrored = 0;
    const epochs = 900;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const found = recognise(5, view(5, { ...OPTIONS, epoch }));
      expect(found).toBeDefined();
      tops[found!.top]++;
      lefts[found!.left]++;
      mirrored += Number(found!.mirrored);
    }
    // Standard deviations are 9.4 and 15: five of them.
    for (const count of [...tops, ...lefts]) expect(Math.abs(count - epochs / 9)).toBeLessThan(47);
    expect(Math.abs(mirrored - epochs / 2)).toBeLessThan(75);
  });

  it("doesn't depend on the batch or the place in it", () => {
    fc.assert(
      fc.property(indexLists, fc.nat(50), (indices, epoch) => {
        const batch = augmentBatch(nonZero, SHAPE, indices, { ...OPTIONS, epoch });
        const alone = Array.from(indices).flatMap((index) => [...view(index, { ...OPTIONS, epoch })]);
        expect(Array.from(batch)).toEqual(alone);
      }),
    );
  });

  it('depends on seed, epoch and example', () => {
    const crops = (options: typeof OPTIONS) =>
      Array.from({ length: 20 }, (_, index) => recognise(index, view(index, options)));
    expect(crops(OPTIONS)).toEqual(crops(OPTIONS));
    expect(crops({ ...OPTIONS, seed: 10n })).not.toEqual(crops(OPTIONS));
    expect(crops({ ...OPTIONS, epoch: 4 })).not.toEqual(crops(OPTIONS));
    expect(new Set(crops(OPTIONS).map((crop) => JSON.stringify(crop))).size).toBeGreaterThan(5);
  });

  it('mirrors the same examples with and without the crop', () => {
    for (let index = 0; index < EXAMPLES; index++) {
      const flipped = recognise(index, view(index, { ...OPTIONS, crop: 0 }));
      expect(flipped).toMatchObject({ top: 4, left: 4 });
      expect(flipped!.mirrored).toBe(recognise(index, view(index))!.mirrored);
    }
  });

  it('never mirrors with flip off', () => {
    for (let index = 0; index < EXAMPLES; index++) {
      expect(recognise(index, view(index, { ...OPTIONS, flip: false }))).toMatchObject({ mirrored: false });
    }
  });

  it('copies with both off, and leaves the source alone', () => {
    const before = Uint8Array.from(images);
    const batch = augmentBatch(images, SHAPE, Uint32Array.of(3, 0), { ...OPTIONS, crop: 0, flip: false });
    expect(batch.subarray(0, SIZE)).toEqual(images.subarray(3 * SIZE, 4 * SIZE));
    expect(batch.subarray(SIZE)).toEqual(images.subarray(0, SIZE));
    expect(images).toEqual(before);
  });

  it('mirrors a real digit left to right', () => {
    const digit = mnistDigits(0, 1).images;
    const options = { seed: 0n, crop: 0, flip: true };
    const views = Array.from({ length: 10 }, (_, epoch) =>
      augmentBatch(digit, MNIST_SHAPE, Uint32Array.of(0), { ...options, epoch }),
    );
    const rows = Array.from({ length: 28 }, (_, y) => [...digit.subarray(28 * y, 28 * (y + 1))].reverse());
    const mirror = Uint8Array.from(rows.flat());
    expect(views).toContainEqual(mirror);
    expect(views).toContainEqual(digit);
  });

  it('reuses a longer buffer and overwrites what was in it', () => {
    const buffer = new Uint8Array(5 * SIZE).fill(200);
    const batch = augmentBatch(nonZero, SHAPE, Uint32Array.of(1, 2), OPTIONS, buffer);
    expect(batch.buffer).toBe(buffer.buffer);
    expect(batch).toEqual(augmentBatch(nonZero, SHAPE, Uint32Array.of(1, 2), OPTIONS));
    expect(buffer.subarray(2 * SIZE).every((value) => value === 200)).toBe(true);
  });

  it('refuses a short buffer and an example beyond the end', () => {
    expect(() => augmentBatch(images, SHAPE, Uint32Array.of(1), OPTIONS, new Uint8Array(1))).toThrow(RangeError);
    expect(() => augmentBatch(images, SHAPE, Uint32Array.of(EXAMPLES), OPTIONS)).toThrow(RangeError);
  });
});

describe('augmentationFor', () => {
  it.each([
    ['CIFAR10', undefined, { crop: 4, flip: true }],
    ['CIFAR100', undefined, { crop: 4, flip: true }],
    ['IDX', undefined, { crop: 0, flip: false }],
    ['IMAGE_FOLDER', undefined, { crop: 0, flip: true }],
    ['IDX', true, { crop: 4, flip: true }],
    ['IMAGE_FOLDER', true, { crop: 4, flip: true }],
    ['CIFAR10', false, { crop: 0, flip: false }],
  ] as const)('%s with override %s', (format, override, expected) => {
    expect(augmentationFor(DatasetFormat[format], override)).toEqual(expected);
  });
});
