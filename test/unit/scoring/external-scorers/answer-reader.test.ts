import { create, type MessageInitShape } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ScoreExamplesResponseSchema, ScorerOutput } from '../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { AnswerReader } from '../../../../services/scoring/external-scorers/answer-reader.ts';
import { ContractBreach } from '../../../../services/scoring/external-scorers/scorer-failure.ts';

type Part = NonNullable<MessageInitShape<typeof ScoreExamplesResponseSchema>['part']>;

const scores = (firstIndex: number, values: number[]): Part => ({
  case: 'scores',
  value: { firstIndex, scores: values },
});
const set = (indices: number[], weights: number[] = []): Part => ({ case: 'set', value: { indices, weights } });

function read(output: ScorerOutput, examples: number, keep: number, parts: readonly Part[]) {
  const reader = new AnswerReader({ output, examples, keep });
  for (const part of parts) reader.add(create(ScoreExamplesResponseSchema, { part }));
  return reader.finish();
}

test('scores come back as they were sent, however they were cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }), { minLength: 1 }),
      (chunks) => {
        const all = chunks.flat();
        let first = 0;
        const parts = chunks.map((chunk) => {
          const part = scores(first, chunk);
          first += chunk.length;
          return part;
        });
        expect(read(ScorerOutput.SCORES, all.length, 1, parts)).toEqual({ scores: Float64Array.from(all) });
      },
    ),
  );
});

test('a set comes back as it was sent', () => {
  expect(read(ScorerOutput.SET, 9, 3, [set([0, 4, 8])])).toEqual({ indices: Uint32Array.of(0, 4, 8) });
  const weighted = read(ScorerOutput.SET, 9, 3, [set([0, 4, 8], [0, 1, 2.5])]);
  expect(weighted).toEqual({ indices: Uint32Array.of(0, 4, 8), weights: Float32Array.of(0, 1, 2.5) });
});

describe('refuses', () => {
  test.each<[says: string, output: ScorerOutput, parts: Part[]]>([
    ['after 0 of 4 scores', ScorerOutput.SCORES, []],
    ['after 3 of 4 scores', ScorerOutput.SCORES, [scores(0, [1, 2, 3])]],
    ['5 scores for 4', ScorerOutput.SCORES, [scores(0, [1, 2, 3, 4, 5])]],
    ['from example 2 on, where 1', ScorerOutput.SCORES, [scores(0, [1]), scores(2, [3, 4])]],
    ['more after the end', ScorerOutput.SCORES, [scores(0, [1, 2, 3, 4]), scores(4, [5])]],
    ['without scores', ScorerOutput.SCORES, [scores(0, [])]],
    ['the score NaN', ScorerOutput.SCORES, [scores(0, [1, Number.NaN, 3, 4])]],
    ['the score -Infinity', ScorerOutput.SCORES, [scores(0, [1, Number.NEGATIVE_INFINITY, 3, 4])]],
    ['sent a set', ScorerOutput.SCORES, [set([0, 1])]],
    ['an empty message', ScorerOutput.SCORES, [{ case: undefined }]],
    ['sent scores', ScorerOutput.SET, [scores(0, [1])]],
    ['without a set', ScorerOutput.SET, []],
    ['kept 1 examples instead of 2', ScorerOutput.SET, [set([0])]],
    ['kept 3 examples instead of 2', ScorerOutput.SET, [set([0, 1, 2])]],
    ['kept example 4 of 4', ScorerOutput.SET, [set([0, 4])]],
    ['example 1 twice', ScorerOutput.SET, [set([1, 1])]],
    ['not sorted', ScorerOutput.SET, [set([2, 1])]],
    ['1 weights for 2', ScorerOutput.SET, [set([0, 1], [1])]],
    ['the weight -1', ScorerOutput.SET, [set([0, 1], [1, -1])]],
    ['the weight Infinity', ScorerOutput.SET, [set([0, 1], [1, Number.POSITIVE_INFINITY])]],
    ['all 0', ScorerOutput.SET, [set([0, 1], [0, 0])]],
    ['more after the end', ScorerOutput.SET, [set([0, 1]), set([0, 1])]],
  ])('%s', (says, output, parts) => {
    const answer = () => read(output, 4, 2, parts);
    expect(answer).toThrow(ContractBreach);
    expect(answer).toThrow(says);
  });
});
