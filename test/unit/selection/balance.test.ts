import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budgetsNear, classCounts, classFloors, proportionalBudgets } from '../../../services/selection/balance.ts';

/** Class sizes, not all 0, and a k that fits. */
const sized = fc
  .array(fc.nat(500), { minLength: 1, maxLength: 12 })
  .filter((sizes) => sizes.some((size) => size > 0))
  .chain((sizes) =>
    fc.record({
      counts: fc.constant(Uint32Array.from(sizes)),
      k: fc.integer({ min: 1, max: sizes.reduce((sum, size) => sum + size, 0) }),
    }),
  );

const total = (values: Uint32Array) => values.reduce((sum, value) => sum + value, 0);

describe('classCounts', () => {
  it('counts every class, empty ones too', () => {
    expect(classCounts(Uint16Array.of(3, 1, 3), 5)).toEqual(Uint32Array.of(0, 1, 0, 2, 0));
  });
});

describe('proportionalBudgets', () => {
  it('adds up to k, stays within each class and within one of its share', () => {
    fc.assert(
      fc.property(sized, ({ counts, k }) => {
        const budgets = proportionalBudgets(counts, k);
        expect(total(budgets)).toBe(k);
        counts.forEach((count, c) => {
          expect(budgets[c]).toBeLessThanOrEqual(count);
          expect(Math.abs(budgets[c] - (k * count) / total(counts))).toBeLessThan(1);
        });
      }),
    );
  });

  it('gives what is left over to the largest remainders, the lower class in a tie', () => {
    expect(proportionalBudgets(Uint32Array.of(5, 3, 2), 4)).toEqual(Uint32Array.of(2, 1, 1));
    expect(proportionalBudgets(Uint32Array.of(4, 4, 4), 5)).toEqual(Uint32Array.of(2, 2, 1));
  });

  it('refuses more than there is', () => {
    expect(() => proportionalBudgets(Uint32Array.of(1, 2), 4)).toThrow("4 can't be taken from 3");
  });
});

describe('classFloors', () => {
  it('never asks for more than k, and for the whole budget at 1', () => {
    fc.assert(
      fc.property(sized, fc.double({ min: 0, max: 1, noNaN: true }), ({ counts, k }, classFloor) => {
        const budgets = proportionalBudgets(counts, k);
        classFloors(counts, k, classFloor).forEach((floor, c) => {
          expect(floor).toBeLessThanOrEqual(budgets[c]);
          expect(floor).toBeGreaterThanOrEqual(classFloor * budgets[c]);
        });
        expect(classFloors(counts, k, 1)).toEqual(budgets);
        expect(total(classFloors(counts, k, 0))).toBe(0);
      }),
    );
  });
});

describe('budgetsNear', () => {
  it('adds up to k between the floors and the targets rounded up, and is within one of targets above the floors', () => {
    fc.assert(
      fc.property(sized, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(1000), ({ counts, k }, floor, seed) => {
        // Targets: what is left of proportional shares after some have given a part to the next one that has room.
        const targets = Float64Array.from(counts, (count) => (k * count) / total(counts));
        for (let c = 1; c < targets.length; c += 1) {
          const moved = Math.min(((seed % 97) / 97) * targets[c - 1], counts[c] - targets[c]);
          targets[c - 1] -= moved;
          targets[c] += moved;
        }
        const floors = classFloors(counts, k, floor);
        const budgets = budgetsNear(targets, floors, k);
        expect(total(budgets)).toBe(k);
        budgets.forEach((budget, c) => {
          expect(budget).toBeGreaterThanOrEqual(floors[c]);
          expect(budget).toBeLessThanOrEqual(counts[c]);
        });
        if (targets.every((target, c) => target >= floors[c])) {
          budgets.forEach((budget, c) => {
            expect(Math.abs(budget - targets[c])).toBeLessThan(1 + 1e-6);
          });
        }
      }),
    );
  });

  it('raises what is below its floor at the expense of the others, in proportion to what they have to spare', () => {
    const budgets = budgetsNear(Float64Array.of(1, 10, 19), Uint32Array.of(5, 4, 4), 30);
    // 17 are open, shared 6 : 15.
    expect(budgets).toEqual(Uint32Array.of(5, 4 + 5, 4 + 12));
  });
});
