import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  finiteOrNull,
  formatAccuracy,
  formatCount,
  formatEpsilon,
  formatPoints,
  formatRatio,
  formatSeconds,
  formatShare,
} from '../../../services/report/format.ts';

describe('format', () => {
  it.each([
    [formatAccuracy(0.97149), '97.1 %'],
    [formatAccuracy(1), '100.0 %'],
    [formatShare(0.3), '30 %'],
    [formatShare(1 / 3), '33.3 %'],
    [formatShare(0.0004), '0.04 %'],
    [formatPoints(-0.022), '2.2 points'],
    [formatSeconds(0), '0 s'],
    [formatSeconds(0.4181), '0.42 s'],
    [formatSeconds(9.996), '10.0 s'],
    [formatSeconds(99.96), '100 s'],
    [formatSeconds(741.4), '741 s'],
    [formatCount(999), '999'],
    [formatCount(9_999), '10 k'],
    [formatCount(12_345_678), '12.3 M'],
    [formatCount(999_999), '1 M'],
    [formatCount(999_999_999), '1 G'],
    [formatRatio(2.913), '2.9x'],
    [formatRatio(0.0412), '0.041x'],
    [formatAccuracy(null), '-'],
    [formatSeconds(null), '-'],
    [formatCount(null), '-'],
  ])('%s is %s', (actual, expected) => {
    expect(actual).toBe(expected);
  });

  it('tells 8/255 from the spelling of the TRADES release, and keeps short decimals', () => {
    expect(formatEpsilon(8 / 255)).toBe('8/255');
    expect(formatEpsilon(0.031)).toBe('0.031');
    expect(formatEpsilon(0.2)).toBe('0.2');
    expect(formatEpsilon(0)).toBe('0');
  });

  it('writes every radius so that the same double can be read back', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.nat(255).map((n) => n / 255),
        ),
        (epsilon) => {
          const [numerator, denominator = '1'] = formatEpsilon(epsilon).split('/');
          expect(Number(numerator) / Number(denominator)).toBe(epsilon === 0 ? 0 : epsilon);
        },
      ),
    );
  });

  it('takes only finite numbers as measured', () => {
    expect([Number.NaN, Number.POSITIVE_INFINITY, undefined, null].map(finiteOrNull)).toEqual([null, null, null, null]);
    expect(finiteOrNull(12n)).toBe(12);
    expect(finiteOrNull(0)).toBe(0);
  });
});
