import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError, cancelled } from '../../../services/app-error.ts';
import { publishFailure, publishIndexSet } from '../../../services/index-set/publish.ts';
import { INDEX_SET_STREAM } from '../../../services/platform/bus/streams.ts';
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

  test('finds what was published before it, and acknowledges on receipt', async () => {
    const runId = newRunId();
    const { bus } = await testBus(shared.server);
    await publishIndexSet(bus, sampleSet({ runId, round: 0 }));
    const { inbox, stop } = await setUp(runId);
    await inbox.of(0, stop.signal);
    const pending = async () => (await bus.manager.consumers.info(INDEX_SET_STREAM, `run-${runId}`)).num_ack_pending;
    for (let tries = 0; tries < 50 && (await pending()) > 0; tries++) await sleep(20);
    expect(await pending()).toBe(0);
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
