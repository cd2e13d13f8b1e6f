import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gatherImages, gatherLabels, scaleImages } from '../../../services/dataset/batch.ts';
import { imageSize } from '../../../services/dataset/dataset.ts';
import { formulaSplit } from './fixtures/samples.ts';

const SHAPE = { height: 3, width: 4, channels: 3 };
const SIZE = imageSize(SHAPE);
const SPLIT = formulaSplit(20, SHAPE, 7);
const INDICES = Uint32Array.of(19, 0, 4, 4);

describe('gatherImages', () => {
  it('scales every value to value / 255 in the order asked for', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(19), { maxLength: 9 }), (list) => {
        const expected = list.flatMap((index) =>
          Array.from(SPLIT.images.subarray(index * SIZE, (index + 1) * SIZE), (value) => Math.fround(value / 255)),
        );
        expect(Array.from(gatherImages(SPLIT, SHAPE, Uint32Array.from(list)))).toEqual(expected);
      }),
    );
  });

  it('reuses a longer buffer', () => {
    const buffer = new Float32Array(10 * SIZE).fill(-1);
    const batch = gatherImages(SPLIT, SHAPE, INDICES, buffer);
    expect(batch.buffer).toBe(buffer.buffer);
    expect(batch).toEqual(gatherImages(SPLIT, SHAPE, INDICES));
    expect(buffer.subarray(4 * SIZE).every((value) => value === -1)).toBe(true);
  });

  it('refuses a short buffer and an index outside the split', () => {
    expect(() => gatherImages(SPLIT, SHAPE, INDICES, new Float32Array(SIZE))).toThrow(RangeError);
    expect(() => gatherImages(SPLIT, SHAPE, Uint32Array.of(20))).toThrow(RangeError);
  });
});

describe('scaleImages', () => {
  it('maps 0 to 0, 255 to 1 and keeps the order of all values', () => {
    const scaled = scaleImages(Uint8Array.from({ length: 256 }, (_, value) => value));
    expect([scaled[0], scaled[51], scaled[255]]).toEqual([0, Math.fround(0.2), 1]);
    expect(scaled).toEqual(scaled.toSorted());
  });

  it('agrees with gatherImages', () => {
    const indices = Uint32Array.from({ length: 20 }, (_, i) => i);
    expect(scaleImages(SPLIT.images)).toEqual(gatherImages(SPLIT, SHAPE, indices));
  });
});

describe('gatherLabels', () => {
  it('keeps the order', () => {
    expect(gatherLabels(SPLIT, INDICES)).toEqual(Int32Array.of(19 % 7, 0, 4, 4));
  });

  it('refuses an index outside the split', () => {
    expect(() => gatherLabels(SPLIT, Uint32Array.of(20))).toThrow(RangeError);
  });
});
