import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coverage } from '../../../../../clients/node/examples/coverage.ts';
import { seededRandom } from '../../../../../clients/node/scorer/seeded-random.ts';

const inputs = fc
  .array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 60 })
  .chain((difficulty) =>
    fc.record({
      difficulty: fc.constant(difficulty),
      keep: fc.integer({ min: 1, max: difficulty.length }),
      hardest: fc.double({ min: 0, max: 0.9, noNaN: true }),
      strata: fc.integer({ min: 1, max: 70 }),
      seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    }),
  );

test('exactly as many different examples as asked for, the same for the same seed', () => {
  fc.assert(
    fc.property(inputs, ({ difficulty, keep, hardest, strata, seed }) => {
      const choose = () => coverage(difficulty, { keep, hardest, strata, random: seededRandom(seed) });
      const chosen = choose();
      expect(new Set(chosen).size).toBe(keep);
      expect(chosen.every((index) => index in difficulty)).toBe(true);
      expect(choose()).toEqual(chosen);
    }),
  );
});

test('the hardest are left out, and each stratum gets its share, the sparse ones all they have', () => {
  // 40 easy ones near 0, 10 near 5, 2 near 10, and the 8 hardest.
  const difficulty = [40, 10, 2, 8].flatMap((count, part) =>
    Array.from({ length: count }, (_, i) => [0, 5, 10, 99][part]! - (part === 2 ? i : 0) * 0.01),
  );
  const options = { keep: 18, hardest: 8 / 60, strata: 3, random: seededRandom(3n) };
  const chosen = coverage(difficulty, options).map((index) => Math.round(difficulty[index]!));
  const counts = [0, 5, 10, 99].map((value) => chosen.filter((one) => one === value).length);
  expect(counts).toEqual([8, 8, 2, 0]);
});

test('other seeds draw others', () => {
  const difficulty = Array.from({ length: 50 }, (_, i) => i);
  const draw = (seed: bigint) => coverage(difficulty, { keep: 10, hardest: 0, strata: 2, random: seededRandom(seed) });
  expect(draw(1n)).not.toEqual(draw(2n));
});
