import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../../services/dataset/fingerprint.ts';
import { formulaSplit } from './fixtures/samples.ts';

const SHAPE = { height: 2, width: 3, channels: 1 };
const SPLIT = formulaSplit(4, SHAPE, 3);

describe('fingerprintOf', () => {
  it('is the SHA-256 of shapes, labels and pixels in the documented bytes', () => {
    const split = { images: Uint8Array.of(9, 8, 7, 6, 5, 4), labels: Uint16Array.of(258) };
    const bytes = [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 1, 9, 8, 7, 6, 5, 4];
    expect(fingerprintOf(split, SHAPE)).toBe(createHash('sha256').update(Uint8Array.from(bytes)).digest('hex'));
  });

  it('changes with one pixel, one label, the order and the shape', () => {
    const otherPixel = Uint8Array.from(SPLIT.images);
    otherPixel[5] ^= 1;
    const otherLabel = Uint16Array.from(SPLIT.labels);
    otherLabel[2] = 0;
    const fingerprints = [
      fingerprintOf(SPLIT, SHAPE),
      fingerprintOf({ ...SPLIT, images: otherPixel }, SHAPE),
      fingerprintOf({ ...SPLIT, labels: otherLabel }, SHAPE),
      fingerprintOf({ images: SPLIT.images.toReversed(), labels: SPLIT.labels.toReversed() }, SHAPE),
      fingerprintOf(SPLIT, { height: 3, width: 2, channels: 1 }),
    ];
    expect(new Set(fingerprints).size).toBe(fingerprints.length);
  });
});
