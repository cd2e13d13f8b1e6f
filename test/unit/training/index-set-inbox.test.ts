import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { SelectionFinishedSchema } from '../../../proto/gen/winnow/v1/events_pb.ts';
import { AppError, cancelled } from '../../../services/app-error.ts';
import { publishFailure, publishIndexSet } from '../../../services/index-set/publish.ts';
import { publish } from '../../../services/platform/bus/publish.ts';
import { INDEX_SET_STREAM, indexSetSubject } from '../../../services/platform/bus/streams.ts';
import { IndexSetInbox } from '../../../services/training/index-set-inbox.ts';
import { expectAppError } from '../dataset/fixtures/expect-app-error.ts';
import { sampleSet } from '../index-set/sample-set.ts';
import { newRunId, sharedNatsServer, testBus, untilTestEnds } from '../platform/bus/test-bus.ts';

const shared = sharedNatsServer();

async function setUp(runId = newRunId()) {
  const { bus } = await testBus(shared.server);
  const stop = untilTestEnds();
  const errors: unknown[] = [];
  const inbox = new IndexSetInbox(bus, runId, stop.signal, (error) => errors.push(error));
  return { bus, runId, inbox, stop, errors };
}

describe('the inbox of a run', () => {
  test('gives each round its answer, whichever comes first, and no other run’s', async () => {
    const { bus, runId, inbox, stop } = await setUp();
    await publishIndexSet(bus, sampleSet({ runId: newRunId(), round: 0, scorer: 'other' }));
    await publishIndexSet(bus, sampleSet({ runId, round: 1 }));
    const first = inbox.of(0, stop.signal);
    expect(await inbox.of(1, stop.signal)).toMatchObject({ runId, round: 1, outcome: { case: 'indexSet' } });
    await publishFailure(bus, runId, 0, new AppError(ErrorReason.DIVERGED, 'x'));
    expect(await first).toMatchObject({ runId, round: 0, outcome: { case: 'failure' } });
    expect(await inbox.of(1, stop.signal)).toMatchObject({ round: 1 });
  });

  test('finds what was published before it, as often as a run begins anew, and leaves nothing on the server', async () => {
    const runId = newRunId();
    const { bus } = await testBus(shared.server);
    await publishIndexSet(bus, sampleSet({ runId, round: 0 }));
    for (let start = 0; start < 2; start++) {
      const { inbox, stop } = await setUp(runId);
      expect(await inbox.of(0, stop.signal)).toMatchObject({ round: 0 });
      stop.abort();
    }
    await expect(bus.manager.consumers.info(INDEX_SET_STREAM, `run-${runId}`)).rejects.toThrow('not found');
  });

  test('keeps to the first answer of a round, however late another is published', async () => {
    const { bus, runId, inbox, stop } = await setUp();
    await publishIndexSet(bus, sampleSet({ runId, round: 0, scorer: 'first' }));
    // as a scoring replica does that was paused for longer than the stream recognises repetitions by their ids
    const late = {
      runId,
      round: 0,
      outcome: { case: 'indexSet' as const, value: sampleSet({ runId, round: 0, scorer: 'late' }) },
    };
    const options = { messageId: newRunId(), onlyOne: true };
    const published = await publish(bus, indexSetSubject(runId, 0), SelectionFinishedSchema, late, options);
    expect(published.duplicate).toBe(true);
    expect(await inbox.of(0, stop.signal)).toMatchObject({ outcome: { value: { scorer: 'first' } } });
    const { state } = await bus.manager.streams.info(INDEX_SET_STREAM, { subjects_filter: indexSetSubject(runId, 0) });
    expect(Object.values(state.subjects ?? {})).toEqual([1]);
  });

  test('stops waiting when the signal aborts, with its reason', async () => {
    const { inbox } = await setUp();
    const giveUp = new AbortController();
    const waiting = inbox.of(0, giveUp.signal);
    giveUp.abort(cancelled());
    await expectAppError(waiting, ErrorReason.CANCELLED);
    await expectAppError(inbox.of(1, giveUp.signal), ErrorReason.CANCELLED);
  });

  test('stops listening with its signal, and complains only when the bus is closed', async () => {
    const { errors, stop } = await setUp();
    stop.abort();
    const { bus, errors: complaints } = await setUp();
    await bus.close();
    for (let tries = 0; tries < 200 && complaints.length === 0; tries++) await sleep(20);
    expect(complaints).toMatchObject([{ reason: ErrorReason.BUS_UNAVAILABLE }]);
    expect(errors).toEqual([]);
  });
});
