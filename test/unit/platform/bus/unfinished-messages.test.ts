import { expect, test, vi } from 'vitest';
import { SelectionRequestedSchema } from '../../../../proto/gen/winnow/v1/events_pb.ts';
import { consume } from '../../../../services/platform/bus/consume.ts';
import { publish } from '../../../../services/platform/bus/publish.ts';
import { REQUEST_STREAM, selectionRequestedSubject } from '../../../../services/platform/bus/streams.ts';
import { unfinishedMessages } from '../../../../services/platform/bus/unfinished-messages.ts';
import { eventually } from '../eventually.ts';
import { newRunId, sharedNatsServer, testBus, untilTestEnds } from './test-bus.ts';

const WAIT_MS = 10_000;

const shared = sharedNatsServer();

test('messages that wait and the one that is handled are unfinished, until they are acknowledged', async () => {
  const { bus } = await testBus(shared.server);
  const [runId, durable] = [newRunId(), newRunId()];
  const unfinished = () => unfinishedMessages(bus, REQUEST_STREAM, durable);
  expect(await unfinished()).toBe(0);
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let handled = 0;
  const done = consume(bus, {
    stream: REQUEST_STREAM,
    durable,
    filterSubject: selectionRequestedSubject(runId, '*'),
    schema: SelectionRequestedSchema,
    maxInFlight: 1,
    ackWaitMs: 30_000,
    signal: untilTestEnds().signal,
    handler: async () => {
      handled++;
      await held;
    },
  });
  done.catch(() => {});
  for (const round of [0, 1, 2]) {
    const subject = selectionRequestedSubject(runId, round);
    await publish(bus, subject, SelectionRequestedSchema, { runId, round }, { messageId: `${runId}.${round}` });
  }
  await eventually(() => handled === 1);
  expect(await unfinished()).toBe(3);
  letGo();
  await vi.waitFor(async () => expect([handled, await unfinished()]).toEqual([3, 0]), WAIT_MS);
});
