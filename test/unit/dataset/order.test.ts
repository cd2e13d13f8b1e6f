import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochOrder } from '../../../services/dataset/order.ts';

const runs = fc.record({
  examples: fc.integer({ min: 0, max: 300 }),
  seed: fc.bigInt(0n, 2n ** 64n - 1n),
  epoch: fc.nat(10_000),
});

const runsWithSubset = runs.chain(({ examples, ...rest }) =>
  fc
    .uniqueArray(fc.nat(Math.max(0, examples - 1)), { maxLength: examples })
    .map((indices) => ({ ...rest, examples, subset: Uint32Array.from(indices).sort() })),
);

const ascending = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('epochOrder', () => {
  it('is a permutation of all examples', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const order = epochOrder({ ...run, subset: undefined });
        expect(Array.from(order.toSorted())).toEqual(ascending(run.examples));
      }),
    );
  });

  it('of a subset is the full order with the others left out', () => {
    fc.assert(
      fc.property(runsWithSubset, (run) => {
        const kept = new Set(run.subset);
        const full = epochOrder({ ...run, subset: undefined });
        expect(epochOrder(run)).toEqual(full.filter((index) => kept.has(index)));
      }),
    );
  });

  it('of the whole set as a subset is the full order', () => {
    const run = { examples: 50, seed: 7n, epoch: 2 };
    const whole = epochOrder({ ...run, subset: Uint32Array.from(ascending(50)) });
    expect(whole).toEqual(epochOrder({ ...run, subset: undefined }));
  });

  it('is empty for an empty subset', () => {
    expect(epochOrder({ examples: 5, subset: new Uint32Array(0), seed: 0n, epoch: 0 })).toEqual(new Uint32Array(0));
  });

  it('is the same for the same seed and epoch, another for others', () => {
    const run = { examples: 100, subset: undefined, seed: 1n, epoch: 0 };
    expect(epochOrder(run)).toEqual(epochOrder(run));
    expect(epochOrder({ ...run, epoch: 1 })).not.toEqual(epochOrder(run));
    expect(epochOrder({ ...run, seed: 2n })).not.toEqual(epochOrder(run));
  });

  it('puts every example everywhere equally often', () => {
    const examples = 8;
    const epochs = 4_000;
    const firsts = new Array<number>(examples).fill(0);
    for (let epoch = 0; epoch < epochs; epoch++) {
      firsts[epochOrder({ examples, subset: undefined, seed: 5n, epoch })[0]]++;
    }
    // Standard deviation of a count is 21: five of them.
    for (const count of firsts) expect(Math.abs(count - epochs / examples)).toBeLessThan(105);
  });

  it.each([
    ['descending', [3, 1]],
    ['repeated', [1, 1]],
    ['out of range', [1, 10]],
  ])('refuses a %s subset', (_, indices) => {
    const order = () => epochOrder({ examples: 10, subset: Uint32Array.from(indices), seed: 0n, epoch: 0 });
    expect(order).toThrow(RangeError);
  });
});
