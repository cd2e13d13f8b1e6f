import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { RunSchema } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { ExplainExamplesRequestSchema } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { AppError } from '../../../services/app-error.ts';
import { IndexSetHistory } from '../../../services/index-set/history.ts';
import { publishFailure, publishIndexSet } from '../../../services/index-set/publish.ts';
import { openStore } from '../../../services/platform/bus/key-value.ts';
import { deleteObject } from '../../../services/platform/bus/objects.ts';
import { RUN_BUCKET, SCORE_BUCKET } from '../../../services/platform/bus/streams.ts';
import { DatasetLabels } from '../../../services/scoring/dataset-labels.ts';
import { type ExplainDependencies, explainExamples } from '../../../services/scoring/explain-examples.ts';
import type { LabelsResult } from '../../../services/scoring/score-messages.ts';
import { storeScores } from '../../../services/scoring/stored-scores.ts';
import { expectAppError } from '../dataset/fixtures/expect-app-error.ts';
import { sampleSet } from '../index-set/sample-set.ts';
import { newRunId, sharedNatsServer, testBus, untilTestEnds } from '../platform/bus/test-bus.ts';

const { INVALID_FIELD, INVALID_INDEX_SET, UNKNOWN_INDEX_SET, UNKNOWN_RUN } = ErrorReason;
const shared = sharedNatsServer();

/** Ten examples: even ones of class 0, odd ones of class 1. The sample set keeps 1, 4 and 9 of them. */
const LABELS: LabelsResult = {
  labels: Uint16Array.from({ length: 10 }, (_, i) => i % 2),
  classes: 2,
  fingerprint: 'f1',
};

async function setUp({ onRecord = true } = {}) {
  const { bus } = await testBus(shared.server);
  const runId = newRunId();
  const runs = openStore(bus, RUN_BUCKET, RunSchema);
  if (onRecord) await runs.put(runId, { id: runId, spec: { dataset: { name: 'tiny' } } });
  const run = async <Result>() => LABELS as Result;
  const dependencies: ExplainDependencies = {
    bus,
    runs,
    history: new IndexSetHistory(bus),
    labels: new DatasetLabels({ run }),
  };
  const explain = (indices: number[], id = runId) =>
    explainExamples(create(ExplainExamplesRequestSchema, { runId: id, indices }), dependencies, untilTestEnds().signal);
  /** Publishes a round with scores 0 to 9, moved by the round. */
  const publishRound = async (round: number, changes: Parameters<typeof sampleSet>[0] = {}) => {
    const values = Float32Array.from({ length: 10 }, (_, i) => i + round / 10);
    const scores = await storeScores(bus, { runId, round }, values, `Meaning ${round}.`);
    await publishIndexSet(bus, sampleSet({ runId, round, scores, ...changes }));
    return scores;
  };
  return { bus, runId, explain, publishRound };
}

const roundsOf = ({ examples }: Awaited<ReturnType<typeof explainExamples>>, i: number) => examples![i].rounds!;

describe('explainExamples', () => {
  test('tells of each example what every round did with it', async () => {
    const { explain, publishRound } = await setUp();
    await publishRound(0);
    await publishRound(1, { scorer: 'el2n', indexGaps: [8], weights: [3] });
    const answer = await explain([4, 1, 4]);
    expect(answer).toMatchObject({ scorer: 'el2n', scoreMeaning: 'Meaning 1.' });
    expect(answer.examples!.map(({ index, label }) => [index, label])).toEqual([
      [4, 0],
      [1, 1],
      [4, 0],
    ]);
    expect(roundsOf(answer, 0)).toEqual([
      { round: 0, kept: true, weight: 0.5, score: 4, rank: 3, classExamples: 5, classKept: 1 },
      { round: 1, kept: false, weight: 0, score: Math.fround(4.1), rank: 3, classExamples: 5, classKept: 1 },
    ]);
    expect(roundsOf(answer, 1)[1]).toMatchObject({ kept: false, rank: 5, classExamples: 5, classKept: 0 });
    expect(roundsOf(answer, 2)).toEqual(roundsOf(answer, 0));
  });

  test('leaves rounds out that failed, and says what it can of one whose scores are gone', async () => {
    const { bus, runId, explain, publishRound } = await setUp();
    const { name } = await publishRound(0);
    await deleteObject(bus, SCORE_BUCKET, name);
    await publishFailure(bus, runId, 1, new AppError(ErrorReason.INTERNAL, 'x'));
    await publishIndexSet(bus, sampleSet({ runId, round: 3 }));
    const answer = await explain([9]);
    const facts = { kept: true, weight: 0, classExamples: 5, classKept: 2 };
    expect(roundsOf(answer, 0)).toEqual([
      { round: 0, ...facts },
      { round: 3, ...facts },
    ]);
    expect(answer.scoreMeaning).toBe('Meaning 0.');
  });

  test.each([
    ['indices', [], 'is empty'],
    ['indices', Array.from({ length: 1001 }, () => 0), '1001 are more than 1000'],
    ['indices[1]', [9, 10], '10 is not below 10'],
  ])('refuses %s: %#', async (field, indices, description) => {
    const { explain, publishRound } = await setUp();
    await publishRound(0);
    const { fields } = await expectAppError(explain(indices), INVALID_FIELD);
    expect(fields).toEqual([{ field, description: expect.stringContaining(description) }]);
  });

  test('refuses more examples than an answer holds for a long run', async () => {
    const { bus, runId, explain } = await setUp();
    await publishIndexSet(bus, sampleSet({ runId, round: 9_999 }));
    const { fields } = await expectAppError(
      explain([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]),
      INVALID_FIELD,
    );
    expect(fields[0].description).toContain('ask for 20 at a time');
  });

  test('knows no run without sets, nor one without a name', async () => {
    const { bus, runId, explain } = await setUp();
    await expectAppError(explain([0]), UNKNOWN_INDEX_SET);
    await publishFailure(bus, runId, 0, new AppError(ErrorReason.INTERNAL, 'x'));
    expect((await expectAppError(explain([0]), UNKNOWN_INDEX_SET)).message).toContain('has no index sets');
    await expectAppError(explain([0], ''), INVALID_FIELD);
    await expectAppError(explain([0], 'no run.>'), INVALID_FIELD);
  });

  test('needs the record of the run, and a set of its own data', async () => {
    const { explain, publishRound } = await setUp({ onRecord: false });
    await publishRound(0);
    await expectAppError(explain([0]), UNKNOWN_RUN);
    const other = await setUp();
    await other.publishRound(0);
    await other.publishRound(1, { datasetFingerprint: 'f2' });
    await expectAppError(other.explain([0]), INVALID_INDEX_SET);
  });
});
