import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomStream, randomStream } from '../../../services/dataset/random.ts';

const MAX_SEED = 2n ** 64n - 1n;

function draws(stream: RandomStream, count = 8): number[] {
  return Array.from({ length: count }, () => stream.uint32());
}

/** Pearson's statistic of counts against equal shares. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('RandomStream', () => {
  it("agrees with the authors' C code of xoshiro128**", () => {
    expect(draws(new RandomStream([1, 2, 3, 4]), 10)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it('refuses a state it could never leave', () => {
    expect(() => new RandomStream([0, 0, 0, 0])).toThrow(RangeError);
    expect(() => new RandomStream([1, 2, 3])).toThrow(RangeError);
  });

  it('gives floats in [0, 1), evenly', () => {
    const stream = randomStream(1n, 'floats');
    const bins = new Array<number>(16).fill(0);
    for (let i = 0; i < 16_000; i++) {
      const value = stream.float();
      expect(value >= 0 && value < 1).toBe(true);
      bins[Math.floor(value * 16)]++;
    }
    // 15 degrees of freedom: 37.7 is exceeded once in a thousand seeds, and this seed is fixed.
    expect(chiSquare(bins)).toBeLessThan(37.7);
  });

  it('gives integers below any bound', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), fc.bigInt(0n, MAX_SEED), (bound, seed) => {
        const value = randomStream(seed, 'integers').below(bound);
        return Number.isInteger(value) && value >= 0 && value < bound;
      }),
    );
  });

  it('has no modulo bias', () => {
    // Taken modulo, 3 * 2^30 would make the lowest third twice as likely.
    const stream = randomStream(2n, 'bias');
    const thirds = [0, 0, 0];
    for (let i = 0; i < 9_000; i++) thirds[Math.floor(stream.below(3 * 2 ** 30) / 2 ** 30)]++;
    // 2 degrees of freedom, once in a thousand.
    expect(chiSquare(thirds)).toBeLessThan(13.8);
  });

  it.each([0, -1, 1.5, 2 ** 32 + 1, Number.NaN])('refuses the bound %s', (bound) => {
    expect(() => randomStream(0n, 'bounds').below(bound)).toThrow(RangeError);
  });

  it('shuffles in place, every order equally often', () => {
    const stream = randomStream(3n, 'shuffle');
    const orders = new Map<string, number>();
    for (let i = 0; i < 6_000; i++) {
      const values = Uint32Array.of(0, 1, 2);
      expect(stream.shuffle(values)).toBe(values);
      orders.set(values.join(), (orders.get(values.join()) ?? 0) + 1);
    }
    expect(orders.size).toBe(6);
    // 5 degrees of freedom, once in a thousand.
    expect(chiSquare([...orders.values()])).toBeLessThan(20.5);
  });
});

describe('randomStream', () => {
  it('repeats itself for the same seed, purpose and counters', () => {
    expect(draws(randomStream(MAX_SEED, 'x', 1, 2))).toEqual(draws(randomStream(MAX_SEED, 'x', 1, 2)));
  });

  it('keeps its first draws from version to version: checkpoints and published runs depend on them', () => {
    // From a few lines of Python (hashlib, struct) written after the documentation.
    expect(draws(randomStream(42n, 'epoch-order', 3), 3)).toEqual([2718872484, 3171289889, 960433608]);
  });

  it('differs when any part of the key does', () => {
    const keys = [
      randomStream(0n, 'a'),
      randomStream(1n, 'a'),
      randomStream(2n ** 32n, 'a'),
      randomStream(0n, 'b'),
      randomStream(0n, 'a', 0),
      randomStream(0n, 'a', 1),
      randomStream(0n, 'a', 0, 0),
      randomStream(0n, 'a', 2 ** 40),
    ].map((stream) => draws(stream).join());
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each([-1n, 2n ** 64n])('refuses the seed %s', (seed) => {
    expect(() => randomStream(seed, 'x')).toThrow(RangeError);
  });

  it.each([-1, 0.5])('refuses the counter %s', (counter) => {
    expect(() => randomStream(0n, 'x', counter)).toThrow(RangeError);
  });
});
