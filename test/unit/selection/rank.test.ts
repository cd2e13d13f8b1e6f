import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classCounts, classFloors } from '../../../services/selection/balance.ts';
import { selectRandom, selectTop } from '../../../services/selection/rank.ts';
import { topIndices } from '../../../services/selection/top-indices.ts';
import { seededRandom } from './synthetic-signals.ts';

const oneClass = (examples: number) => ({ labels: new Uint16Array(examples), classes: 1, classFloor: 0 });

describe('selectTop', () => {
  it('keeps the highest, ties to the lower index, and sorts them by index', () => {
    expect(selectTop(Float64Array.of(1, 5, 3, 5, 3, -2), 3, oneClass(6))).toEqual(Uint32Array.of(1, 2, 3));
  });

  it('keeps of every class its best up to the floor, then the best of the rest', () => {
    const labels = Uint16Array.of(0, 0, 0, 0, 1, 1, 1, 1);
    const scores = Float64Array.of(8, 7, 6, 5, 1, 4, 2, 3);
    const keep = (classFloor: number) => selectTop(scores, 4, { labels, classes: 2, classFloor });
    expect(keep(0)).toEqual(Uint32Array.of(0, 1, 2, 3));
    expect(keep(0.5)).toEqual(Uint32Array.of(0, 1, 2, 5));
    expect(keep(1)).toEqual(Uint32Array.of(0, 1, 5, 7));
  });

  it('keeps exactly k with every floor met, and nothing better left out without cause', () => {
    const example = fc.record({ score: fc.integer({ min: 0, max: 5 }), label: fc.nat(3) });
    fc.assert(
      fc.property(
        fc.array(example, { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (examples, fraction, classFloor) => {
          const k = Math.max(1, Math.round(fraction * examples.length));
          const labels = Uint16Array.from(examples, ({ label }) => label);
          const scores = Float64Array.from(examples, ({ score }) => score);
          const kept = selectTop(scores, k, { labels, classes: 4, classFloor });
          expect(new Set(kept).size).toBe(k);
          const floors = classFloors(classCounts(labels, 4), k, classFloor);
          const counts = classCounts(
            Array.from(kept, (i) => labels[i]),
            4,
          );
          counts.forEach((count, c) => {
            expect(count).toBeGreaterThanOrEqual(floors[c]);
          });
          scores.forEach((score, i) => {
            if (kept.includes(i)) return;
            // Whatever scores less and was kept, was kept for its class's floor.
            for (const j of kept) if (scores[j] < score) expect(counts[labels[j]]).toBe(floors[labels[j]]);
          });
        },
      ),
    );
  });

  it('needs no labels without a floor, and refuses a k it cannot keep', () => {
    const none = { labels: new Uint16Array(0), classes: 10, classFloor: 0 };
    expect(selectTop(Float64Array.of(1, 2), 1, none)).toEqual(Uint32Array.of(1));
    expect(() => selectTop(Float64Array.of(1, 2), 3, none)).toThrow('1 to 2');
  });
});

describe('selectRandom', () => {
  it('keeps every example equally often', () => {
    const random = seededRandom(2);
    const times = new Float64Array(20);
    for (let draw = 0; draw < 4000; draw += 1) {
      for (const index of selectRandom(20, 5, random, oneClass(20)).indices) times[index] += 1;
    }
    // Expected 1,000 with a standard deviation of 27.
    times.forEach((count) => {
      expect(Math.abs(count - 1000)).toBeLessThan(150);
    });
  });

  it('draws as often as there are examples, so that a seed fixes the set', () => {
    let calls = 0;
    const random = seededRandom(8);
    const counting = () => {
      calls += 1;
      return random();
    };
    expect(selectRandom(30, 7, counting, oneClass(30))).toEqual(selectRandom(30, 7, seededRandom(8), oneClass(30)));
    expect(calls).toBe(30);
  });

  it('keeps the highest keys', () => {
    const { indices, keys } = selectRandom(30, 7, seededRandom(9), oneClass(30));
    expect([...indices]).toEqual(
      [...keys.keys()]
        .sort((a, b) => keys[b] - keys[a])
        .slice(0, 7)
        .sort((a, b) => a - b),
    );
  });
});

describe('topIndices', () => {
  it('is the head of a full sort of what is eligible', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 50 }), fc.nat(60), (numbers, count) => {
        const values = Float64Array.from(numbers);
        const even = (i: number) => i % 2 === 0;
        const sorted = numbers.map((_, i) => i).sort((a, b) => values[b] - values[a] || a - b);
        expect([...topIndices(values, count)]).toEqual(sorted.slice(0, count));
        expect([...topIndices(values, count, even)]).toEqual(sorted.filter(even).slice(0, count));
      }),
    );
  });
});
