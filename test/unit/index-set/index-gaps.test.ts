import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromGaps, toGaps } from '../../../services/index-set/index-gaps.ts';

const sorted = fc
  .uniqueArray(fc.nat(5000), { maxLength: 300 })
  .map((indices) => Uint32Array.from(indices).sort((a, b) => a - b));

test('gaps give their indices back, and are small where the set is dense', () => {
  fc.assert(
    fc.property(sorted, (indices) => {
      const gaps = toGaps(indices);
      expect(fromGaps(gaps, 5001)).toEqual(indices);
      expect(gaps.reduce((sum, gap) => sum + gap, 0)).toBe(indices.at(-1) ?? 0);
    }),
  );
  expect(toGaps(Uint32Array.of(0, 1, 2, 7))).toEqual([0, 1, 1, 5]);
  expect(toGaps(Uint32Array.of(4_000_000_000, 4_000_000_001))).toEqual([4_000_000_000, 1]);
});

test('every list of gaps is either a set in range or refused', () => {
  const gaps = fc.array(fc.nat(40), { maxLength: 12 });
  fc.assert(
    fc.property(gaps, fc.nat(200), (list, examples) => {
      let indices: Uint32Array;
      try {
        indices = fromGaps(list, examples);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        const total = list.reduce((sum, gap) => sum + gap, 0);
        expect(list.slice(1).includes(0) || total >= examples).toBe(true);
        return;
      }
      expect(toGaps(indices)).toEqual(list);
      expect(indices.every((index, i) => index < examples && (i === 0 || index > indices[i - 1]))).toBe(true);
    }),
  );
});

test('errors say which index is wrong', () => {
  expect(() => fromGaps([3, 0], 10)).toThrow('index 3 stands twice');
  expect(() => fromGaps([3, 7], 10)).toThrow('index 10 is outside [0, 10)');
  expect(() => fromGaps([0], 0)).toThrow('index 0 is outside [0, 0)');
  // a sum beyond 32 bits must not wrap around into the range
  expect(() => fromGaps([4_294_967_295, 5], 10)).toThrow('outside');
});
