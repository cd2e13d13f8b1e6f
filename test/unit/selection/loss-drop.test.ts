import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classCounts, classFloors } from '../../../services/selection/balance.ts';
import { keepRates, selectLossDrop } from '../../../services/selection/loss-drop.ts';
import { seededRandom } from './synthetic-signals.ts';

describe('keepRates', () => {
  it('drops easy examples alone as long as max-drop allows', () => {
    expect(keepRates(40, 60, 70, 0.75)).toEqual({ hard: 1, easy: 0.5 });
    expect(keepRates(40, 60, 100, 0)).toEqual({ hard: 1, easy: 1 });
  });

  it('drops from all alike beyond that', () => {
    const { hard, easy } = keepRates(40, 60, 30, 0.75);
    expect(hard).toBeCloseTo(30 / 55, 12);
    expect(easy).toBeCloseTo(0.25 * hard, 12);
    expect(keepRates(100, 0, 30, 0.75)).toEqual({ hard: 0.3, easy: 0.075 });
  });

  it('keeps k on average', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), fc.double({ min: 0, max: 0.99, noNaN: true }), (hard, easy, maxDrop) => {
        for (let k = 1; k <= hard + easy; k += 1) {
          const rates = keepRates(hard, easy, k, maxDrop);
          expect(hard * rates.hard + easy * rates.easy).toBeCloseTo(k, 8);
          if (hard > 0) expect(rates.hard).toBeLessThanOrEqual(1);
          if (easy > 0) expect(rates.easy).toBeLessThanOrEqual(1 + 1e-12);
        }
      }),
    );
  });
});

describe('selectLossDrop', () => {
  const losses = Float64Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 3, 4, 5, 6);
  const labels = Uint16Array.of(0, 0, 0, 1, 1, 1, 0, 0, 1, 2);
  const base = { labels, classes: 3, classFloor: 0, maxDrop: 0.75 };

  it('keeps the hard ones at weight 1 and rescales the easy ones', () => {
    const { indices, weights } = selectLossDrop(losses, { ...base, k: 7, random: seededRandom(1) });
    expect(indices.filter((index) => index >= 6)).toEqual(Uint32Array.of(6, 7, 8, 9));
    indices.forEach((index, i) => {
      expect(weights[i]).toBeCloseTo(index >= 6 ? 1 : 2, 6);
    });
  });

  it.each([
    [7, 0.75, 0],
    [4, 0.75, 0],
    [1, 0.75, 0],
    [5, 0.2, 0],
    [6, 0.75, 1],
    [5, 0.5, 0.5],
  ])('keeps the whole loss, and the count, on average at k = %d, max-drop %d, floor %d', (k, maxDrop, classFloor) => {
    const random = seededRandom(5);
    const runs = 20_000;
    const sums = [0, 0];
    for (let run = 0; run < runs; run += 1) {
      const { indices, weights } = selectLossDrop(losses, { ...base, k, maxDrop, classFloor, random });
      indices.forEach((index, i) => {
        sums[0] += (weights[i] * losses[index]) / runs;
        sums[1] += weights[i] / runs;
      });
    }
    expect(Math.abs(sums[0] / 20.1 - 1)).toBeLessThan(0.03);
    expect(Math.abs(sums[1] / 10 - 1)).toBeLessThan(0.03);
  });

  it('keeps exactly k and every floor for any losses', () => {
    const example = fc.record({ loss: fc.constantFrom(0, 0.1, 1, 5), label: fc.nat(3) });
    fc.assert(
      fc.property(
        fc.array(example, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(0, 0.5, 1),
        fc.constantFrom(0, 0.5, 0.99),
        fc.nat(1000),
        (examples, classFloor, maxDrop, seed) => {
          const k = 1 + (seed % examples.length);
          const own = Uint16Array.from(examples, ({ label }) => label);
          const options = { k, labels: own, classes: 4, classFloor, maxDrop, random: seededRandom(seed) };
          const { indices, weights } = selectLossDrop(
            Float64Array.from(examples, ({ loss }) => loss),
            options,
          );
          expect(new Set(indices).size).toBe(k);
          expect(weights.every((weight) => weight >= 1 - 1e-6 && Number.isFinite(weight))).toBe(true);
          const kept = classCounts(
            Uint16Array.from(indices, (index) => own[index]),
            4,
          );
          classFloors(classCounts(own, 4), k, classFloor).forEach((floor, c) => {
            expect(kept[c]).toBeGreaterThanOrEqual(floor);
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('draws evenly where all losses are the same', () => {
    const { indices, weights } = selectLossDrop(new Float64Array(10).fill(0.1), {
      ...base,
      k: 4,
      random: seededRandom(2),
    });
    expect(indices).toHaveLength(4);
    weights.forEach((weight) => {
      expect(weight).toBeCloseTo(2.5, 6);
    });
  });

  it('refuses a k it cannot keep', () => {
    expect(() => selectLossDrop(losses, { ...base, k: 11, random: Math.random })).toThrow('1 to 10');
  });
});
