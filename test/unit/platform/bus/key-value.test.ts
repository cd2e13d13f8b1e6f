import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { RunSchema } from '../../../../proto/gen/winnow/v1/run_pb.ts';
import { openStore } from '../../../../services/platform/bus/key-value.ts';
import { RUN_BUCKET } from '../../../../services/platform/bus/streams.ts';
import { startNatsServer } from '../../../system/nats-server.ts';
import { eventually } from '../eventually.ts';
import { newRunId, sharedNatsServer, testBus, untilTestEnds } from './test-bus.ts';

const shared = sharedNatsServer();

describe('a store of messages', () => {
  test('an empty one has nothing', async () => {
    const server = await startNatsServer();
    const { bus } = await testBus(server);
    const store = openStore(bus, RUN_BUCKET, RunSchema);
    expect(await store.list()).toEqual([]);
    expect(await store.get('r')).toBeUndefined();
    await bus.close();
    await server.stop();
  });

  test('keeps the newest value', async () => {
    const { bus } = await testBus(shared.server);
    const store = openStore(bus, RUN_BUCKET, RunSchema);
    const id = newRunId();
    await store.put(id, { id, epochsDone: 1 });
    const revision = await store.put(id, { id, epochsDone: 2 });
    expect(await store.get(id)).toMatchObject({ key: id, value: { id, epochsDone: 2 }, revision });
  });

  test('a write that expects another revision is refused', async () => {
    const { bus } = await testBus(shared.server);
    const store = openStore(bus, RUN_BUCKET, RunSchema);
    const id = newRunId();
    const refused = { reason: ErrorReason.WRONG_STATE, message: expect.stringContaining(id) };
    const first = await store.put(id, { id }, 0);
    await expect(store.put(id, { id }, 0)).rejects.toMatchObject(refused);
    const second = await store.put(id, { id, epochsDone: 1 }, first);
    await expect(store.put(id, { id, epochsDone: 2 }, first)).rejects.toMatchObject(refused);
    expect((await store.get(id))?.revision).toBe(second);
  });

  test('of many writers that read the same value, one wins', async () => {
    const { bus } = await testBus(shared.server);
    const store = openStore(bus, RUN_BUCKET, RunSchema);
    const id = newRunId();
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map((epochsDone) => store.put(id, { id, epochsDone }, 0)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('lists all keys once, in the order they were written', async () => {
    const { bus } = await testBus(shared.server);
    const store = openStore(bus, RUN_BUCKET, RunSchema);
    const ids = Array.from({ length: 30 }, newRunId);
    for (const id of ids) await store.put(id, { id });
    await store.put(ids[0]!, { id: ids[0]!, epochsDone: 1 });
    const keys = (await store.list()).map(({ key }) => key).filter((key) => ids.includes(key));
    expect(keys).toEqual([...ids.slice(1), ids[0]]);
  });

  test('watching one key shows what is there and each change', async () => {
    const { bus } = await testBus(shared.server);
    const store = openStore(bus, RUN_BUCKET, RunSchema);
    const id = newRunId();
    await store.put(id, { id, epochsDone: 1 });
    const seen: number[] = [];
    const { signal } = untilTestEnds();
    void (async () => {
      for await (const { value } of store.watch({ key: id, signal })) seen.push(value.epochsDone);
    })();
    await eventually(() => seen.length === 1);
    await store.put(newRunId(), {});
    await store.put(id, { id, epochsDone: 2 });
    await store.put(id, { id, epochsDone: 3 });
    await eventually(() => seen.length === 3);
    expect(seen).toEqual([1, 2, 3]);
  });

  test('writing waits while the server is away, and a write whose answer was lost is no conflict', async () => {
    const server = await startNatsServer();
    const { bus } = await testBus(server);
    const store = openStore(bus, RUN_BUCKET, RunSchema);
    const revision = await store.put('r', { id: 'r' });
    const writing = store.put('r', { id: 'r', epochsDone: 1 }, revision);
    await server.kill();
    await sleep(300);
    await server.start();
    const written = await writing;
    expect(await store.get('r')).toMatchObject({ value: { epochsDone: 1 }, revision: written });
    await bus.close();
    await server.stop();
  }, 60_000);
});
