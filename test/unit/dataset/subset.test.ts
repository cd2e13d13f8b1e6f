import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstOfEveryClass, takeRows } from '../../../services/dataset/subset.ts';

const askings = fc
  .array(fc.nat(6), { minLength: 1, maxLength: 120 })
  .chain((labels) => fc.record({ labels: fc.constant(Uint16Array.from(labels)), count: fc.nat(labels.length) }));

function countsOf(labels: Iterable<number>): number[] {
  const counts = new Array<number>(7).fill(0);
  for (const label of labels) counts[label]++;
  return counts;
}

describe('firstOfEveryClass', () => {
  it('keeps exactly as many as asked, ascending and unique', () => {
    fc.assert(
      fc.property(askings, ({ labels, count }) => {
        const kept = firstOfEveryClass(labels, count);
        expect(kept.length).toBe(count);
        expect(Array.from(kept)).toEqual([...new Set(kept)].sort((a, b) => a - b));
        expect(kept.every((index) => index < labels.length)).toBe(true);
      }),
    );
  });

  it('keeps the class shares to within one example', () => {
    fc.assert(
      fc.property(askings, ({ labels, count }) => {
        const kept = countsOf(Array.from(firstOfEveryClass(labels, count), (index) => labels[index]));
        countsOf(labels).forEach((size, label) => {
          expect(Math.abs(kept[label] - (count * size) / labels.length)).toBeLessThan(1);
        });
      }),
    );
  });

  it('keeps the first ones of each class', () => {
    fc.assert(
      fc.property(askings, ({ labels, count }) => {
        const kept = new Set(firstOfEveryClass(labels, count));
        const passedOver = new Set<number>();
        labels.forEach((label, index) => {
          if (!kept.has(index)) passedOver.add(label);
          else expect(passedOver.has(label)).toBe(false);
        });
      }),
    );
  });

  it.each([
    ['whole shares', [0, 0, 1, 1, 0, 0, 1, 1], 4, [0, 1, 2, 3]],
    ['the largest remainder first', [0, 0, 0, 1, 1, 2], 4, [0, 1, 3, 5]],
    ['equal remainders to the lower label', [1, 0], 1, [1]],
    ['a label that never occurs', [5, 5, 2], 2, [0, 2]],
    ['none', [0, 1], 0, []],
    ['all', [3, 0, 3], 3, [0, 1, 2]],
  ])('%s', (_, labels, count, expected) => {
    expect(Array.from(firstOfEveryClass(Uint16Array.from(labels), count))).toEqual(expected);
  });

  it('refuses more than there are', () => {
    expect(() => firstOfEveryClass(Uint16Array.of(0, 1), 3)).toThrow(RangeError);
  });
});

describe('takeRows', () => {
  it('takes rows in order', () => {
    expect(takeRows(Uint8Array.of(1, 2, 3, 4, 5, 6), 2, Uint32Array.of(0, 2))).toEqual(Uint8Array.of(1, 2, 5, 6));
    expect(takeRows(Uint16Array.of(300, 301), 1, Uint32Array.of(1))).toEqual(Uint16Array.of(301));
  });

  it("doesn't copy what is taken whole", () => {
    const values = Uint8Array.of(1, 2, 3, 4);
    expect(takeRows(values, 2, Uint32Array.of(0, 1))).toBe(values);
  });
});
