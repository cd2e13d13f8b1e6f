import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SelectionFinishedSchema } from '../../../proto/gen/winnow/v1/events_pb.ts';
import { IndexSetSchema } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { encodeIndexSet, withEncodedSet } from '../../../services/index-set/encode.ts';
import { sampleSet } from './sample-set.ts';

const uint32 = fc.oneof(
  fc.nat(300),
  fc.constantFrom(127, 128, 2 ** 14 - 1, 2 ** 14, 2 ** 31, 2 ** 32 - 1),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
);

describe('an encoded index set', () => {
  test('is read as it was by the general decoder, and is no longer than by the general encoder', () => {
    fc.assert(
      fc.property(fc.array(uint32), (indexGaps) => {
        const set = sampleSet({ indexGaps });
        const bytes = encodeIndexSet(set);
        expect(fromBinary(IndexSetSchema, bytes)).toEqual(set);
        expect(bytes).toHaveLength(toBinary(IndexSetSchema, set).length);
      }),
    );
  });

  test('travels in an answer without being encoded again', () => {
    const set = sampleSet();
    const finished = create(SelectionFinishedSchema, { runId: 'run-1', round: 2 });
    const sent = toBinary(SelectionFinishedSchema, withEncodedSet(finished, encodeIndexSet(set)));
    expect(fromBinary(SelectionFinishedSchema, sent)).toEqual({
      ...finished,
      outcome: { case: 'indexSet', value: set },
    });
    expect(finished.$unknown).toBeUndefined();
  });
});
