import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { SelectionFinishedSchema } from '../../../../proto/gen/winnow/v1/events_pb.ts';
import type { Bus } from '../../../../services/platform/bus/connection.ts';
import { followStream } from '../../../../services/platform/bus/follow.ts';
import { publish } from '../../../../services/platform/bus/publish.ts';
import { INDEX_SET_STREAM, indexSetSubject } from '../../../../services/platform/bus/streams.ts';
import { startNatsServer } from '../../../system/nats-server.ts';
import { eventually } from '../eventually.ts';
import { newRunId, sharedNatsServer, testBus, untilTestEnds } from './test-bus.ts';

const shared = sharedNatsServer();

async function answer(bus: Bus, runId: string, round: number): Promise<void> {
  const messageId = `${runId}.${round}`;
  await publish(bus, indexSetSubject(runId, round), SelectionFinishedSchema, { runId, round }, { messageId });
}

/** Follows a run until the test ends. */
function follow(bus: Bus, runId: string) {
  const rounds: number[] = [];
  const abort = untilTestEnds();
  const { signal } = abort;
  const filterSubject = indexSetSubject(runId, '*');
  const ended = (async () => {
    const messages = followStream(bus, {
      stream: INDEX_SET_STREAM,
      filterSubject,
      schema: SelectionFinishedSchema,
      signal,
    });
    for await (const { round } of messages) rounds.push(round);
  })();
  return { rounds, abort, ended };
}

describe('following a stream', () => {
  test('what is there comes first, then what is published, and nothing of others', async () => {
    const { bus } = await testBus(shared.server);
    const runId = newRunId();
    for (let round = 0; round < 40; round++) await answer(bus, runId, round);
    await answer(bus, newRunId(), 99);
    const { rounds } = follow(bus, runId);
    await eventually(() => rounds.length === 40);
    for (let round = 40; round < 60; round++) await answer(bus, runId, round);
    await eventually(() => rounds.length === 60);
    expect(rounds).toEqual([...Array(60).keys()]);
  });

  test('ends when the signal aborts, and leaves no consumer behind', async () => {
    const { bus } = await testBus(shared.server);
    const { ended, abort, rounds } = follow(bus, newRunId());
    await sleep(300);
    abort.abort();
    await ended;
    expect(rounds).toEqual([]);
    await sleep(300);
    const consumers = await bus.manager.consumers.list(INDEX_SET_STREAM).next();
    expect(consumers.map(({ name }) => name)).toEqual([]);
  });

  test('leaving the loop ends it', async () => {
    const { bus } = await testBus(shared.server);
    const runId = newRunId();
    await answer(bus, runId, 0);
    const options = {
      stream: INDEX_SET_STREAM,
      filterSubject: indexSetSubject(runId, '*'),
      schema: SelectionFinishedSchema,
    };
    for await (const { round } of followStream(bus, { ...options, signal: untilTestEnds().signal })) {
      expect(round).toBe(0);
      break;
    }
  });

  test('what can not be decoded is left out', async () => {
    const { bus, lines } = await testBus(shared.server);
    const runId = newRunId();
    await bus.jetstream.publish(indexSetSubject(runId, 0), new Uint8Array([0xff]));
    await answer(bus, runId, 1);
    const { rounds } = follow(bus, runId);
    await eventually(() => rounds.length === 1);
    expect(rounds).toEqual([1]);
    expect(lines.some(({ msg }) => msg.includes('left out'))).toBe(true);
  });

  test('each message comes once and in order across restarts of the server', async () => {
    const server = await startNatsServer();
    const { bus } = await testBus(server);
    const runId = newRunId();
    const { rounds } = follow(bus, runId);
    for (let round = 0; round < 5; round++) await answer(bus, runId, round);
    await eventually(() => rounds.length === 5);
    for (const from of [5, 10]) {
      await server.kill();
      await sleep(500);
      await server.start();
      for (let round = from; round < from + 5; round++) await answer(bus, runId, round);
      await eventually(() => rounds.length === from + 5, 25_000);
    }
    expect(rounds).toEqual([...Array(15).keys()]);
    await bus.close();
    await server.stop();
  }, 90_000);
});
