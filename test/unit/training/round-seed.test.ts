import { expect, test } from 'vitest';
import { roundSeed } from '../../../services/training/round-seed.ts';

test('rounds of a run, and runs, draw apart; the same round draws the same', () => {
  const seeds = [1n, 2n, 12n].flatMap((seed) => Array.from({ length: 40 }, (_, round) => roundSeed(seed, round)));
  expect(new Set(seeds).size).toBe(120);
  expect(roundSeed(1n, 23)).not.toBe(roundSeed(12n, 3));
  expect(roundSeed(7n, 3)).toBe(roundSeed(7n, 3));
  for (const seed of seeds) expect(seed >= 0n && seed < 2n ** 64n).toBe(true);
});
