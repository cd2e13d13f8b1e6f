import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { type SelectionFinished, SelectionFinishedSchema } from '../../../proto/gen/winnow/v1/events_pb.ts';
import { AppError } from '../../../services/app-error.ts';
import { IndexSetHistory } from '../../../services/index-set/history.ts';
import { publishFailure, publishIndexSet } from '../../../services/index-set/publish.ts';
import { readOutcome } from '../../../services/index-set/read-outcome.ts';
import { deleteObject, putObject } from '../../../services/platform/bus/objects.ts';
import { INDEX_SET_BUCKET, INDEX_SET_STREAM } from '../../../services/platform/bus/streams.ts';
import { expectAppError } from '../dataset/fixtures/expect-app-error.ts';
import { newRunId, sharedNatsServer, testBus, untilTestEnds } from '../platform/bus/test-bus.ts';
import { sampleSet } from './sample-set.ts';

const shared = sharedNatsServer();

/** Enough weights, at 4 bytes each, for half a MiB and a little more. */
const MANY = 140_000;

function largeSet(runId: string, scorer = 'adv-grad-match') {
  const indexGaps = Array.from({ length: MANY }, () => 1);
  const weights = Array.from({ length: MANY }, (_, i) => 1 + (i % 7));
  return sampleSet({ runId, scorer, indexGaps, weights, datasetExamples: MANY + 1 });
}

async function setUp() {
  const { bus } = await testBus(shared.server);
  return { bus, history: new IndexSetHistory(bus), runId: newRunId() };
}

describe('an index set that is published', () => {
  test('travels inside its message and comes back as it was', async () => {
    const { bus, history, runId } = await setUp();
    const set = sampleSet({ runId });
    await publishIndexSet(bus, set);
    const finished = await history.find(runId, 2);
    expect(finished).toMatchObject({ runId, round: 2, outcome: { case: 'indexSet' } });
    expect(await readOutcome(bus, finished!)).toEqual(set);
  });

  test('is stored beside its message where it is large', async () => {
    const { bus, history, runId } = await setUp();
    const set = largeSet(runId);
    await publishIndexSet(bus, set);
    const finished = await history.find(runId, 2);
    expect(finished?.outcome.case).toBe('stored');
    expect(await readOutcome(bus, finished!)).toEqual(set);
  });

  test.each([
    ['small', sampleSet],
    ['large', ({ runId, scorer }: { runId: string; scorer?: string }) => largeSet(runId, scorer)],
  ])('stays the first where a %s one is made and published twice', async (_size, make) => {
    const { bus, history, runId } = await setUp();
    const first = make({ runId });
    await publishIndexSet(bus, first);
    const messages = async () => (await bus.manager.streams.info(INDEX_SET_STREAM)).state.messages;
    const before = await messages();
    await publishIndexSet(bus, first);
    await publishIndexSet(bus, make({ runId, scorer: 'made-again' }));
    expect(await messages()).toBe(before);
    expect(await readOutcome(bus, (await history.find(runId, 2))!)).toEqual(first);
  });

  test('is refused where its stored bytes are missing or no set', async () => {
    const { bus, history, runId } = await setUp();
    await publishIndexSet(bus, largeSet(runId));
    const finished = (await history.find(runId, 2))!;
    const { name } = finished.outcome.value as { name: string };
    await deleteObject(bus, INDEX_SET_BUCKET, name);
    await expectAppError(readOutcome(bus, finished), ErrorReason.UNKNOWN_INDEX_SET);
    const { sha256 } = await putObject(bus, INDEX_SET_BUCKET, name, Buffer.from('no set'));
    await expectAppError(readOutcome(bus, finished), ErrorReason.INVALID_INDEX_SET);
    const pointing = create(SelectionFinishedSchema, { outcome: { case: 'stored', value: { name, sha256 } } });
    expect((await expectAppError(readOutcome(bus, pointing), ErrorReason.INVALID_INDEX_SET)).message).toContain(
      'decoded',
    );
  });
});

test('a failure is thrown as the error it was', async () => {
  const { bus, history, runId } = await setUp();
  await publishFailure(bus, runId, 0, new AppError(ErrorReason.DIVERGED, 'the logits left the finite numbers'));
  const error = await expectAppError(readOutcome(bus, (await history.find(runId))!), ErrorReason.DIVERGED);
  expect(error.message).toBe('selection failed: the logits left the finite numbers');
});

test('an answer without an outcome is refused', async () => {
  const { bus } = await setUp();
  const empty = create(SelectionFinishedSchema, { runId: 'r', round: 3 });
  const { message } = await expectAppError(readOutcome(bus, empty), ErrorReason.INVALID_INDEX_SET);
  expect(message).toContain('round 3 of run r');
});

describe('the history of a run', () => {
  test('finds a round, the newest answered one, or nothing', async () => {
    const { bus, history, runId } = await setUp();
    expect(await history.find(runId)).toBeUndefined();
    await publishIndexSet(bus, sampleSet({ runId, round: 0 }));
    await publishFailure(bus, runId, 1, new AppError(ErrorReason.INTERNAL, 'x'));
    await publishIndexSet(bus, sampleSet({ runId: newRunId(), round: 7 }));
    expect((await history.find(runId, 0))?.outcome.case).toBe('indexSet');
    expect((await history.find(runId))?.round).toBe(1);
    expect(await history.find(runId, 2)).toBeUndefined();
  });

  test('tells what was published, then what is, and only of this run', async () => {
    const { bus, history, runId } = await setUp();
    const stop = untilTestEnds();
    await publishIndexSet(bus, sampleSet({ runId, round: 0 }));
    const seen: SelectionFinished[] = [];
    for await (const finished of history.follow(runId, stop.signal)) {
      seen.push(finished);
      if (seen.length === 1) {
        await publishIndexSet(bus, sampleSet({ runId: newRunId(), round: 0 }));
        await publishIndexSet(bus, sampleSet({ runId, round: 1 }));
      } else stop.abort();
    }
    expect(seen.map((finished) => [finished.runId, finished.round])).toEqual([
      [runId, 0],
      [runId, 1],
    ]);
  });
});
