import { setTimeout as sleep } from 'node:timers/promises';
import { AckPolicy } from 'nats';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { type SelectionRequested, SelectionRequestedSchema } from '../../../../proto/gen/winnow/v1/events_pb.ts';
import { AppError } from '../../../../services/app-error.ts';
import type { Bus } from '../../../../services/platform/bus/connection.ts';
import { type ConsumeOptions, consume, type Delivery } from '../../../../services/platform/bus/consume.ts';
import { MAX_ATTEMPTS } from '../../../../services/platform/bus/durable-consumer.ts';
import { publish } from '../../../../services/platform/bus/publish.ts';
import { REQUEST_STREAM, selectionRequestedSubject } from '../../../../services/platform/bus/streams.ts';
import { startNatsServer } from '../../../system/nats-server.ts';
import { eventually } from '../eventually.ts';
import { newRunId, sharedNatsServer, testBus, untilTestEnds } from './test-bus.ts';

type Options = ConsumeOptions<typeof SelectionRequestedSchema>;

const shared = sharedNatsServer();

async function request(bus: Bus, runId: string, round = 0): Promise<void> {
  const messageId = `${runId}.${round}`;
  await publish(
    bus,
    selectionRequestedSubject(runId, round),
    SelectionRequestedSchema,
    { runId, round },
    { messageId },
  );
}

/** Consumes one run's requests until the test ends; `seen` has what the handler was given. */
function consumeRun(bus: Bus, runId: string, options: Partial<Options> & Pick<Options, 'handler'>) {
  const seen: (Delivery & { readonly round: number })[] = [];
  const { handler, ...others } = options;
  const abort = untilTestEnds();
  const done = consume(bus, {
    stream: REQUEST_STREAM,
    durable: `test-${runId}`,
    filterSubject: `winnow.v1.selection.requested.${runId}.*`,
    schema: SelectionRequestedSchema,
    maxInFlight: 1,
    ackWaitMs: 30_000,
    signal: abort.signal,
    handler: (message, delivery) => {
      seen.push({ ...delivery, round: message.round });
      return handler(message, delivery);
    },
    ...others,
  });
  return { seen, abort, done };
}

async function waitingMessages(bus: Bus, runId: string): Promise<number> {
  const filter = { subjects_filter: `winnow.v1.selection.requested.${runId}.*` };
  const { state } = await bus.manager.streams.info(REQUEST_STREAM, filter);
  return Object.keys(state.subjects ?? {}).length;
}

describe('consuming', () => {
  test('every message is handled once and acknowledged', async () => {
    const { bus } = await testBus(shared.server);
    const runId = newRunId();
    for (const round of [0, 1, 2]) await request(bus, runId, round);
    const { seen } = consumeRun(bus, runId, { handler: async () => {} });
    await eventually(() => seen.length === 3);
    expect(seen.map(({ round, attempt, redelivered }) => [round, attempt, redelivered])).toEqual(
      [0, 1, 2].map((round) => [round, 1, false]),
    );
    await sleep(100);
    expect(await waitingMessages(bus, runId)).toBe(0);
  });

  test('a failed message comes again, and its attempts are counted', async () => {
    const { bus, lines } = await testBus(shared.server);
    const runId = newRunId();
    await request(bus, runId);
    const { seen } = consumeRun(bus, runId, {
      handler: async (_, { attempt }) => {
        if (attempt < 3) throw new Error('not yet');
      },
    });
    await eventually(() => seen.length === 3);
    expect(seen.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(seen[2]).toMatchObject({ redelivered: true, lastAttempt: false });
    expect(lines.filter(({ msg }) => msg.includes('comes again'))).toHaveLength(2);
  });

  test.each([
    [ErrorReason.INVALID_FIELD, 'dropped'],
    [ErrorReason.WRONG_STATE, 'needs nothing'],
  ])('reason %i does not come again: %s', async (reason, logged) => {
    const { bus, lines } = await testBus(shared.server);
    const runId = newRunId();
    await request(bus, runId);
    const { seen } = consumeRun(bus, runId, { handler: async () => Promise.reject(new AppError(reason, 'no')) });
    await eventually(() => lines.some(({ msg }) => msg.includes(logged)));
    await sleep(1_500);
    expect(seen).toHaveLength(1);
    expect(await waitingMessages(bus, runId)).toBe(0);
  });

  test('what fails every time is dropped in the end, and the handler knows when it is the last', async () => {
    const { bus, lines } = await testBus(shared.server);
    const runId = newRunId();
    await request(bus, runId);
    const durable = `test-${runId}`;
    const config = { durable_name: durable, ack_policy: AckPolicy.Explicit, max_deliver: MAX_ATTEMPTS };
    await bus.manager.consumers.add(REQUEST_STREAM, {
      ...config,
      filter_subject: `winnow.v1.selection.requested.${runId}.*`,
    });
    const consumer = await bus.jetstream.consumers.get(REQUEST_STREAM, durable);
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt++) (await consumer.next({ expires: 5_000 }))?.nak();
    const { seen } = consumeRun(bus, runId, { handler: async () => Promise.reject(new Error('never')) });
    await eventually(() => lines.some(({ msg }) => msg.includes('is dropped')));
    expect(seen).toMatchObject([{ attempt: MAX_ATTEMPTS, lastAttempt: true }]);
    await sleep(100);
    expect(await waitingMessages(bus, runId)).toBe(0);
  });

  test('what is no such message is dropped and logged; the next one is handled', async () => {
    const { bus, lines } = await testBus(shared.server);
    const runId = newRunId();
    await bus.jetstream.publish(selectionRequestedSubject(runId, 0), new Uint8Array([0xff, 0xff]));
    await request(bus, runId, 1);
    const { seen } = consumeRun(bus, runId, { handler: async () => {} });
    await eventually(() => seen.length === 1);
    expect(seen[0]?.round).toBe(1);
    expect(lines.some(({ msg }) => msg.includes('no winnow.v1.SelectionRequested'))).toBe(true);
    expect(await waitingMessages(bus, runId)).toBeLessThan(2);
  });

  test('heartbeats keep a message that takes longer than ackWait', async () => {
    const { bus } = await testBus(shared.server);
    const runId = newRunId();
    await request(bus, runId);
    let handled = 0;
    const { seen } = consumeRun(bus, runId, {
      ackWaitMs: 1_000,
      maxInFlight: 2,
      handler: async () => {
        await sleep(3_500);
        handled++;
      },
    });
    await eventually(() => handled === 1);
    await sleep(1_500);
    expect(seen).toHaveLength(1);
  });

  test('no more than maxInFlight run at once, and those do', async () => {
    const { bus } = await testBus(shared.server);
    const runId = newRunId();
    for (let round = 0; round < 9; round++) await request(bus, runId, round);
    let running = 0;
    let most = 0;
    const { seen } = consumeRun(bus, runId, {
      maxInFlight: 3,
      handler: async () => {
        most = Math.max(most, ++running);
        await sleep(100);
        running--;
      },
    });
    await eventually(() => seen.length === 9);
    expect(most).toBe(3);
  });

  test('two consumers of one name share the messages', async () => {
    const [first, second] = [await testBus(shared.server), await testBus(shared.server)];
    const runId = newRunId();
    const both = [first.bus, second.bus].map((bus) => consumeRun(bus, runId, { handler: () => sleep(50) }));
    for (let round = 0; round < 10; round++) await request(first.bus, runId, round);
    await eventually(() => both[0]!.seen.length + both[1]!.seen.length === 10);
    expect(both.every(({ seen }) => seen.length > 0)).toBe(true);
    const rounds = both.flatMap(({ seen }) => seen.map(({ round }) => round)).sort((a, b) => a - b);
    expect(rounds).toEqual([...Array(10).keys()]);
  });
});

describe('ending', () => {
  test('the promise resolves when the signal aborts and the handler has ended', async () => {
    const { bus } = await testBus(shared.server);
    const runId = newRunId();
    await request(bus, runId);
    let ended = false;
    const { abort, done, seen } = consumeRun(bus, runId, {
      handler: async () => {
        await sleep(300);
        ended = true;
      },
    });
    await eventually(() => seen.length === 1);
    abort.abort();
    await done;
    expect(ended).toBe(true);
    expect(await waitingMessages(bus, runId)).toBe(0);
  });

  test('a message that was interrupted goes to the next consumer at once', async () => {
    const { bus } = await testBus(shared.server);
    const runId = newRunId();
    await request(bus, runId);
    const first = consumeRun(bus, runId, {
      handler: () =>
        new Promise((_, reject) =>
          first.abort.signal.addEventListener('abort', () => reject(new Error('interrupted'))),
        ),
    });
    await eventually(() => first.seen.length === 1);
    first.abort.abort();
    await first.done;
    const second = consumeRun(bus, runId, { handler: async () => {} });
    await eventually(() => second.seen.length === 1, 5_000);
    expect(second.seen[0]?.attempt).toBe(2);
  });

  test('a message that arrives after the end is not lost for a while', async () => {
    const { bus } = await testBus(shared.server);
    const runId = newRunId();
    const first = consumeRun(bus, runId, { handler: async () => {} });
    await sleep(300);
    first.abort.abort();
    await first.done;
    await request(bus, runId);
    const second = consumeRun(bus, runId, { handler: async () => {} });
    await eventually(() => second.seen.length === 1, 5_000);
  });

  test('a closed bus rejects', async () => {
    const { bus } = await testBus(shared.server);
    const { done } = consumeRun(bus, newRunId(), { handler: async () => {} });
    const failed = expect(done).rejects.toMatchObject({ reason: ErrorReason.BUS_UNAVAILABLE });
    await sleep(200);
    await bus.close();
    await failed;
  });
});

describe('while the server is away', () => {
  test('consuming goes on after a restart, and a message handled meanwhile is acknowledged', async () => {
    const server = await startNatsServer();
    const { bus } = await testBus(server);
    const runId = newRunId();
    await request(bus, runId, 0);
    let release = () => {};
    const { seen } = consumeRun(bus, runId, {
      handler: ({ round }: SelectionRequested) =>
        round > 0
          ? Promise.resolve()
          : new Promise((resolve) => {
              release = resolve;
            }),
    });
    await eventually(() => seen.length === 1);
    await server.kill();
    release();
    await sleep(1_000);
    await server.start();
    await request(bus, runId, 1);
    await eventually(() => seen.some(({ round }) => round === 1), 20_000);
    await sleep(500);
    expect(seen.map(({ round }) => round)).toEqual([0, 1]);
    expect(await waitingMessages(bus, runId)).toBe(0);
    await bus.close();
    await server.stop();
  }, 60_000);

  test('a consumer that the server lost is made again', async () => {
    const { bus } = await testBus(shared.server);
    const runId = newRunId();
    const { seen } = consumeRun(bus, runId, { handler: async () => {} });
    await request(bus, runId, 0);
    await eventually(() => seen.length === 1);
    await bus.manager.consumers.delete(REQUEST_STREAM, `test-${runId}`);
    await request(bus, runId, 1);
    await eventually(() => seen.length === 2, 15_000);
  });
});
