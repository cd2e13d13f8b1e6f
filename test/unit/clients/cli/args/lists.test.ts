import { expect, test } from 'vitest';
import { checkpointArgument } from '../../../../../clients/cli/args/checkpoint.ts';
import { namesList, parameterEntry, seedsList } from '../../../../../clients/cli/args/lists.ts';

test('lists are split at commas', () => {
  expect(namesList('adv-grad-match, random')).toEqual(['adv-grad-match', 'random']);
  expect(seedsList('1,2,30')).toEqual([1, 2, 30]);
});

test('an empty or a repeated entry is refused', () => {
  expect(() => namesList('random,')).toThrow('separated by commas');
  expect(() => namesList('')).toThrow('separated by commas');
  expect(() => namesList('random,random')).toThrow('twice');
  expect(() => seedsList('1,x')).toThrow('whole number');
});

test('parameters are collected', () => {
  expect(parameterEntry('rounds=-1.5e2', parameterEntry('lambda=0.5'))).toEqual({ lambda: 0.5, rounds: -150 });
  for (const text of ['lambda', 'lambda=', '=1', 'lambda=x', 'lambda=Infinity']) {
    expect(() => parameterEntry(text)).toThrow('give NAME=NUMBER.');
  }
});

test('a checkpoint is a hash and a size', () => {
  const sha256 = 'ab'.repeat(32);
  expect(checkpointArgument(`${sha256.toUpperCase()}:12`)).toEqual({ sha256, sizeBytes: 12n });
  for (const text of [sha256, `${sha256}:`, `${sha256.slice(1)}:1`]) {
    expect(() => checkpointArgument(text)).toThrow('give SHA256:BYTES');
  }
});
