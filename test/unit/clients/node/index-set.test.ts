import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeIndices } from '../../../../clients/node/index-set.ts';
import { IndexSetSchema } from '../../../../proto/gen/winnow/v1/index_set_pb.ts';

const set = (indexGaps: number[], weights: number[] = [], datasetExamples = 100) =>
  create(IndexSetSchema, { indexGaps, weights, datasetExamples });

test('gives every sorted set of indices back', () => {
  const indices = fc.uniqueArray(fc.nat(2 ** 32 - 2), { maxLength: 200 }).map((all) => all.sort((a, b) => a - b));
  fc.assert(
    fc.property(indices, (sorted) => {
      const gaps = sorted.map((index, i) => index - (sorted[i - 1] ?? 0));
      const decoded = decodeIndices(set(gaps, [], 2 ** 32 - 1));
      expect([...decoded.indices]).toEqual(sorted);
      expect(decoded).not.toHaveProperty('weights');
    }),
  );
});

test('gives weights where there are any', () => {
  const decoded = decodeIndices(set([0, 1, 98], [0, 0.5, 2]));
  expect([...decoded.indices]).toEqual([0, 1, 99]);
  expect([...decoded.weights!]).toEqual([0, 0.5, 2]);
});

test('an empty set is no fault', () => {
  expect(decodeIndices(set([]))).toEqual({ indices: new Uint32Array() });
});

test.each([
  ['an index twice', set([3, 0]), /indexGaps\[1\] is 0/],
  ['an index outside the data set', set([99, 1]), /index 100 is not below the data set's 100 examples/],
  ['a missing weight', set([1, 1], [1]), /1 weights for 2 indices/],
  ['a negative weight', set([1, 1], [1, -1]), /weights\[1\] is -1/],
  ['a weight that is no number', set([1], [Number.NaN]), /weights\[0\] is NaN/],
])('refuses %s', (_, broken, message) => {
  expect(() => decodeIndices(broken)).toThrow(message);
});
