import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ratioIn, wholeIn } from '../../../../../clients/cli/args/numbers.ts';

test.each([
  ['8/255', 8 / 255],
  ['0.031', 0.031],
  ['.5', 0.5],
  ['1', 1],
  ['5e-4', 5e-4],
  ['0.5/2', 0.25],
])('%s is read', (text, value) => {
  expect(ratioIn({})(text)).toBe(value);
});

test('every ratio of whole numbers is their quotient', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.integer({ min: 1, max: 1000 }), (a, b) => {
      expect(ratioIn({})(`${a}/${b}`)).toBe(a / b);
    }),
  );
});

test('every finite number is read as JavaScript writes it', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      // Not Object.is: JavaScript writes -0 as 0.
      expect(ratioIn({})(String(value)) === value).toBe(true);
    }),
  );
});

test.each(['', ' ', '8/', '/255', '8/255/1', '0x10', 'eps', '1,5', 'NaN', 'Infinity', '8 / 255', '--1'])(
  '"%s" is refused',
  (text) => {
    expect(() => ratioIn({})(text)).toThrow('give a number such as 0.03 or a ratio such as 8/255.');
  },
);

test('ranges are kept, and named', () => {
  const share = ratioIn({ min: 0, max: 1, above: true });
  expect(share('1')).toBe(1);
  expect(share('1/255')).toBe(1 / 255);
  for (const text of ['0', '1.01', '-0.1', '2/1']) {
    expect(() => share(text)).toThrow('it must be above 0 and at most 1.');
  }
  expect(() => ratioIn({ min: 0 })('-1')).toThrow('it must be at least 0.');
  expect(() => ratioIn({})('8/0')).toThrow('the ratio divides by 0.');
  expect(() => ratioIn({ min: 0 })('1e999')).toThrow('it must be');
});

test('whole numbers take digit groups and nothing else', () => {
  expect(wholeIn({})('10_000')).toBe(10_000);
  expect(wholeIn({})('10,000')).toBe(10_000);
  for (const text of ['', '1.5', '-1', '1e3', 'ten', '9007199254740993']) {
    expect(() => wholeIn({})(text)).toThrow('give a whole number.');
  }
  expect(() => wholeIn({ min: 1, max: 4096 })('0')).toThrow('it must be at least 1 and at most 4096.');
});
