import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { WeightMeaning } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import { checkBelonging, readIndexSet } from '../../../services/index-set/check-index-set.ts';
import { refusal, UNKNOWN_VALUE } from '../spec/refusal.ts';
import { sampleSet } from './sample-set.ts';

type Changes = Parameters<typeof sampleSet>[0];

const { UNIFORM, UNSPECIFIED } = WeightMeaning;

describe('readIndexSet', () => {
  test('gives indices and weights', () => {
    expect(readIndexSet(sampleSet())).toEqual({
      indices: Uint32Array.of(1, 4, 9),
      weights: Float32Array.of(1, 0.5, 0),
    });
  });

  test('gives no weights where all count the same', () => {
    const uniform = readIndexSet(sampleSet({ weights: [], weightMeaning: UNIFORM }));
    expect(uniform).toEqual({ indices: Uint32Array.of(1, 4, 9) });
    expect('weights' in uniform).toBe(false);
  });

  test.each<[string, Changes]>([
    ['keeps no example', { indexGaps: [], weights: [] }],
    ['index 1 stands twice', { indexGaps: [1, 0, 5] }],
    ['index 10 is outside [0, 10)', { indexGaps: [1, 3, 6] }],
    ['index 1 is outside [0, 0)', { datasetExamples: 0 }],
    ['UNIFORM but present', { weightMeaning: UNIFORM }],
    ['meaning 0 is not known', { weightMeaning: UNSPECIFIED, weights: [] }],
    ['meaning 99 is not known', { weightMeaning: UNKNOWN_VALUE }],
    ['2 weights for 3 indices', { weights: [1, 1] }],
    ['4 weights for 3 indices', { weights: [1, 1, 1, 1] }],
    ['0 weights for 3 indices', { weights: [] }],
    ['weight 1 is NaN', { weights: [1, Number.NaN, 1] }],
    ['weight 2 is Infinity', { weights: [1, 1, Number.POSITIVE_INFINITY] }],
    ['weight 0 is -1', { weights: [-1, 1, 1] }],
    ['all weights are 0', { weights: [0, 0, 0] }],
  ])('refuses a set: %s', (message, changes) => {
    const error = refusal(() => readIndexSet(sampleSet(changes)));
    expect(error.reason).toBe(ErrorReason.INVALID_INDEX_SET);
    expect(error.message).toContain(`the index set was refused: `);
    expect(error.message).toContain(message);
  });
});

describe('checkBelonging', () => {
  const expected = { runId: 'run-1', round: 2, datasetFingerprint: 'f1', examples: 10 };

  test('takes a set of the same run, round and data set', () => {
    expect(() => checkBelonging(sampleSet(), expected)).not.toThrow();
  });

  test.each<[string, Changes]>([
    ["of run 'run-2', not 'run-1'", { runId: 'run-2' }],
    ['of round 1, not 2', { round: 1 }],
    ['fingerprint abcdefabcdef, expected f1', { datasetFingerprint: 'abcdef'.repeat(9) }],
    ['fingerprint none', { datasetFingerprint: '' }],
    ['indexes 11 examples, the data set has 10', { datasetExamples: 11 }],
  ])('refuses a set that is %s', (message, changes) => {
    const error = refusal(() => checkBelonging(sampleSet(changes), expected));
    expect(error.reason).toBe(ErrorReason.INVALID_INDEX_SET);
    expect(error.message).toContain(message);
  });
});
