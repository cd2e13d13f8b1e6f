import { expect, it } from 'vitest';
import { oneOf, someOf } from '../../../bench/step/name-parsers.ts';

const parse = someOf(['at', 'trades', 'mart']);

it('reads one name or several, in any case', () => {
  expect(parse('AT')).toEqual(['at']);
  expect(parse('trades, Mart')).toEqual(['trades', 'mart']);
});

it('names what there is where a name is not known', () => {
  expect(() => parse('at,pgd')).toThrow('there are at, trades, mart');
  expect(() => oneOf(['f32'])('f16')).toThrow('there are f32');
});

it('refuses an empty list and a name given twice', () => {
  expect(() => parse('')).toThrow(/separated by commas/);
  expect(() => parse('at,at')).toThrow(/twice/);
});
