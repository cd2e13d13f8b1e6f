import { InvalidArgumentError } from '@commander-js/extra-typings';
import { wholeIn } from './numbers.ts';

/** A parser of "a,b,c": at least one entry, none twice. */
export function namesList(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) throw new InvalidArgumentError('give names separated by commas.');
  if (new Set(names).size < names.length) throw new InvalidArgumentError('the same name is given twice.');
  return names;
}

/** A parser of seeds: "1" or "1,2,3". */
export function seedsList(text: string): number[] {
  return namesList(text).map(wholeIn({ min: 0 }));
}

/** A collecting parser of "name=value", for an option that may be given several times. */
export function parameterEntry(text: string, previous: Record<string, number> = {}): Record<string, number> {
  const [, name, digits] = /^([^=\s]+)=(.+)$/.exec(text) ?? [];
  const value = Number(digits);
  if (name === undefined || !Number.isFinite(value)) throw new InvalidArgumentError('give NAME=NUMBER.');
  return { ...previous, [name]: value };
}
