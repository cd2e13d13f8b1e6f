import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isBaseline,
  isControl,
  type RowKey,
  rowKeySchema,
  rowName,
} from '../../../../services/report/study/row-key.ts';

const FULL: RowKey = {
  dataset: 'cifar10',
  objective: 'trades',
  scorer: 'full',
  fraction: 1,
  bullet: false,
  epochsShare: 1,
};

describe('rowName', () => {
  it.each<[string, Partial<RowKey>]>([
    ['cifar10/trades/full', {}],
    ['cifar10/mart/full/bullet', { objective: 'mart', bullet: true }],
    ['cifar10/trades/full/short-0.3', { epochsShare: 0.3 }],
    ['cifar10/trades/adv-grad-match/0.3', { scorer: 'adv-grad-match', fraction: 0.3 }],
    ['cifar10/trades/adv-grad-match/0.3/bullet', { scorer: 'adv-grad-match', fraction: 0.3, bullet: true }],
  ])('is %s', (name, changes) => {
    expect(rowName({ ...FULL, ...changes })).toBe(name);
  });

  it('tells any two rows apart', () => {
    const share = fc.constantFrom(0.1, 0.25, 0.3, 1);
    const row = fc.record({
      dataset: fc.constantFrom('mnist', 'cifar10'),
      objective: fc.constantFrom('at', 'trades'),
      scorer: fc.constantFrom('full', 'random', 'el2n'),
      fraction: share,
      bullet: fc.boolean(),
      epochsShare: share,
    });
    fc.assert(
      fc.property(row, row, (a, b) => {
        expect(rowName(a) === rowName(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});

it('takes full data with the whole attack and all epochs as the baseline, and nothing else', () => {
  expect(isBaseline(FULL)).toBe(true);
  for (const changes of [
    { bullet: true },
    { epochsShare: 0.3 },
    { scorer: 'random', fraction: 0.3 },
    { scorer: 'el2n' },
  ])
    expect(isBaseline({ ...FULL, ...changes })).toBe(false);
});

it('takes full data and random examples as controls', () => {
  expect(['full', 'random', 'adv-grad-match'].map((scorer) => isControl({ scorer }))).toEqual([true, true, false]);
});

it('refuses shares that are none', () => {
  for (const fraction of [0, -0.1, 1.1, Number.NaN])
    expect(rowKeySchema.safeParse({ ...FULL, fraction }).success).toBe(false);
});
