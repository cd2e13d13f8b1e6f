import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { RunSchema } from '../../../../proto/gen/winnow/v1/run_pb.ts';
import { openStore, type Store } from '../../../../services/platform/bus/key-value.ts';
import { RUN_BUCKET } from '../../../../services/platform/bus/streams.ts';
import { startNatsServer } from '../../../system/nats-server.ts';
import { breakableProxy } from '../breakable-proxy.ts';
import { eventually } from '../eventually.ts';
import { newRunId, sharedNatsServer, testBus, untilTestEnds } from './test-bus.ts';

type Runs = Store<typeof RunSchema>;

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

  test('a key is removed only at the revision that is known, and is as if it had never been', async () => {
    const { bus } = await testBus(shared.server);
    const store = openStore(bus, RUN_BUCKET, RunSchema);
    const id = newRunId();
    const first = await store.put(id, { id }, 0);
    const second = await store.put(id, { id, epochsDone: 1 }, first);
    await store.remove(id, first);
    expect((await store.get(id))?.revision).toBe(second);
    await store.remove(id, second);
    expect(await store.get(id)).toBeUndefined();
    expect((await store.list()).map(({ key }) => key)).not.toContain(id);
    await store.put(id, { id }, 0);
  });

  test('a write that waits for the server can be given up', async () => {
    const server = await startNatsServer();
    const { bus } = await testBus(server);
    const store = openStore(bus, RUN_BUCKET, RunSchema);
    await server.kill();
    const giveUp = new AbortController();
    const writing = store.put('r', { id: 'r' }, 0, giveUp.signal);
    giveUp.abort();
    await expect(writing).rejects.toMatchObject({ reason: ErrorReason.CANCELLED });
    await bus.close();
    await server.stop();
  }, 60_000);

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

  test('writing waits while the server is away', async () => {
    const server = await startNatsServer();
    const { bus } = await testBus(server);
    const store = openStore(bus, RUN_BUCKET, RunSchema);
    const revision = await store.put('r', { id: 'r' });
    await server.kill();
    const writing = store.put('r', { id: 'r', epochsDone: 1 }, revision);
    await sleep(300);
    await server.start();
    const written = await writing;
    expect(written).toBeGreaterThan(revision);
    expect(await store.get('r')).toMatchObject({ revision: written });
    await bus.close();
    await server.stop();
  }, 60_000);

  test('a value that was taken away is no longer there, and can be written anew', async () => {
    const { bus } = await testBus(shared.server);
    const store = openStore(bus, RUN_BUCKET, RunSchema);
    const id = newRunId();
    await store.put(id, { id });
    await store.delete(id);
    await store.delete('never-there');
    expect(await store.get(id)).toBeUndefined();
    expect((await store.list()).map(({ key }) => key)).not.toContain(id);
    await store.put(id, { id, epochsDone: 3 });
    expect((await store.get(id))?.value.epochsDone).toBe(3);
  });

  test('a write whose answer was lost is no conflict; another one meanwhile is', async () => {
    const { bus: other } = await testBus(shared.server);
    const proxy = await breakableProxy(Number(new URL(shared.server.url).port));
    const { bus } = await testBus({ ...shared.server, url: `nats://127.0.0.1:${proxy.port}` });
    const [store, others] = [bus, other].map((each) => openStore(each, RUN_BUCKET, RunSchema)) as [Runs, Runs];
    const id = newRunId();
    for (const interfered of [false, true]) {
      const revision = await store.put(id, { id });
      proxy.muteAfter(`$KV.${RUN_BUCKET}.${id} `);
      const writing = store.put(id, { id, epochsDone: 1 }, revision);
      const refused = interfered && expect(writing).rejects.toMatchObject({ reason: ErrorReason.WRONG_STATE });
      await sleep(500);
      if (interfered) await others.put(id, { id, epochsDone: 2 });
      proxy.cut();
      if (interfered) await refused;
      else expect(await writing).toBe(revision + 1);
    }
    expect((await store.get(id))?.value.epochsDone).toBe(2);
  }, 60_000);
});
