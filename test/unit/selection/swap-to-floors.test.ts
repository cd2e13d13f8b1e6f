import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classCounts, classFloors } from '../../../services/selection/balance.ts';
import { FloorLedger } from '../../../services/selection/floor-ledger.ts';
import { swapToFloors } from '../../../services/selection/swap-to-floors.ts';

const labelled = fc.array(fc.nat(3), { minLength: 1, maxLength: 30 });
const floorsOf = (labels: Uint16Array, k: number, share: number) => classFloors(classCounts(labels, 4), k, share);
const countsOf = (chosen: Iterable<number>, labels: Uint16Array) =>
  classCounts(
    Array.from(chosen, (index) => labels[index]),
    4,
  );

describe('swapToFloors', () => {
  it('lets the last of a class with plenty give way to the first of one in need', () => {
    const labels = Uint16Array.of(0, 0, 0, 1, 1, 0, 2);
    const swapped = swapToFloors(Uint32Array.of(0, 3, 1, 4, 2), Uint32Array.of(5, 6), labels, Uint32Array.of(2, 1, 1));
    expect(swapped).toEqual(Uint32Array.of(0, 3, 1, 4, 6));
  });

  it('meets every floor with as few swaps as are needed', () => {
    fc.assert(
      fc.property(labelled, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(100), (values, share, cut) => {
        const labels = Uint16Array.from(values);
        const order = Uint32Array.from(labels, (_, i) => i);
        const k = 1 + (cut % labels.length);
        const floors = floorsOf(labels, k, share);
        const kept = order.subarray(0, k);
        const swapped = swapToFloors(kept, order.subarray(k), labels, floors);
        expect(new Set(swapped).size).toBe(k);
        const before = countsOf(kept, labels);
        countsOf(swapped, labels).forEach((count, c) => {
          expect(count).toBeGreaterThanOrEqual(floors[c]);
        });
        const needed = floors.reduce((sum, floor, c) => sum + Math.max(0, floor - before[c]), 0);
        expect(swapped.filter((index) => !kept.includes(index))).toHaveLength(needed);
      }),
    );
  });
});

describe('FloorLedger', () => {
  it('lets any order of examples end with k and every floor', () => {
    fc.assert(
      fc.property(labelled, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(100), (values, share, cut) => {
        const labels = Uint16Array.from(values);
        const k = 1 + (cut % labels.length);
        const floors = floorsOf(labels, k, share);
        const ledger = new FloorLedger(floors, k);
        const taken: number[] = [];
        for (let i = 0; i < labels.length && taken.length < k; i += 1) if (ledger.take(labels[i])) taken.push(i);
        expect(taken).toHaveLength(k);
        countsOf(taken, labels).forEach((count, c) => {
          expect(count).toBeGreaterThanOrEqual(floors[c]);
        });
      }),
    );
  });
});
