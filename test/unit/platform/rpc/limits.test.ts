import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { describe, expect, test, vi } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { ScorerService } from '../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { TrainingService } from '../../../../proto/gen/winnow/v1/training_service_pb.ts';
import { AppError } from '../../../../services/app-error.ts';
import { checkHealth } from '../../../../services/platform/rpc/client.ts';
import { loopback } from './loopback.ts';

const MIB = 1024 * 1024;

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

describe('message size', () => {
  test('15 MiB pass by default, 17 MiB are RESOURCE_EXHAUSTED, and the server goes on', async () => {
    const { client } = await loopback(TrainingService, {
      getRun: async ({ runId }) => ({ run: { epochsDone: runId.length } }),
    });
    expect((await client.getRun({ runId: 'x'.repeat(15 * MIB) })).run?.epochsDone).toBe(15 * MIB);
    await expect(client.getRun({ runId: 'x'.repeat(17 * MIB) })).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
    });
    expect((await client.getRun({ runId: 'ok' })).run?.epochsDone).toBe(2);
  });

  test('within a stream', async () => {
    const { client } = await loopback(
      ScorerService,
      {
        async *scoreExamples(requests) {
          for await (const _ of requests) yield {};
        },
      },
      { maxMessageBytes: 1000 },
    );
    async function* growing() {
      for (let size = 1; ; size = Math.min(size * 2, 2048))
        yield { part: { case: 'batch' as const, value: { labels: new Array<number>(size).fill(1) } } };
    }
    await expect(drain(client.scoreExamples(growing()))).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(await client.describeScorer({}).catch((error: { code: number }) => error.code)).toBe(status.INTERNAL);
  });

  test('a response larger than the client takes', async () => {
    const { client } = await loopback(
      TrainingService,
      { getRun: async ({ runId }) => ({ run: { id: runId } }) },
      { clientMaxMessageBytes: 1000 },
    );
    await expect(client.getRun({ runId: 'x'.repeat(2000) })).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect((await client.getRun({ runId: 'ok' })).run?.id).toBe('ok');
  });
});

describe('backpressure', () => {
  const CHUNK = new Uint8Array(256 * 1024);
  const BIG_REQUEST = { part: { case: 'setting' as const, value: { parameters: { ['x'.repeat(CHUNK.length)]: 1 } } } };
  // What may be on its way: 16 messages in each of the two queues, the connection's windows and one message in each hand.
  const MOST_AHEAD = 80;

  test('a server stream waits for a slow reader', async () => {
    let produced = 0;
    const { client } = await loopback(TrainingService, {
      async *downloadModel() {
        for (; produced < 1000; produced++) yield { data: CHUNK };
      },
    });
    let read = 0;
    for await (const _ of client.downloadModel({})) {
      read++;
      if (read === 10) {
        await sleep(500);
        expect(produced).toBeLessThan(read + MOST_AHEAD);
      }
      if (read === 150) break;
    }
    expect(read).toBe(150);
  });

  test('a client stream waits for a slow handler', async () => {
    let sent = 0;
    let handled = 0;
    const { client } = await loopback(ScorerService, {
      async *scoreExamples(requests) {
        for await (const _ of requests) {
          if (++handled === 10) {
            await sleep(500);
            yield { part: { case: 'scores', value: { firstIndex: sent } } };
          }
        }
      },
    });
    async function* requests() {
      for (; sent < 150; sent++) yield BIG_REQUEST;
    }
    for await (const { part } of client.scoreExamples(requests())) {
      if (part.case === 'scores') expect(part.value.firstIndex).toBeLessThan(10 + MOST_AHEAD);
    }
    expect(handled).toBe(150);
  });

  test('a shutdown does not wait for a client that reads no more', async () => {
    const { client, server } = await loopback(TrainingService, {
      async *downloadModel() {
        for (;;) yield { data: CHUNK };
      },
    });
    const stream = client.downloadModel({})[Symbol.asyncIterator]();
    await stream.next();
    await sleep(200);
    const start = Date.now();
    await server.shutdown(100);
    expect(Date.now() - start).toBeLessThan(5_000);
    await stream.return?.();
  });

  test('a handler that fails while requests pour in answers at once', async () => {
    const { client } = await loopback(ScorerService, {
      async *scoreExamples(requests) {
        for await (const _ of requests) {
          yield {};
          throw new AppError(ErrorReason.OVERLOADED, 'full');
        }
      },
    });
    async function* endless() {
      for (;;) yield BIG_REQUEST;
    }
    await expect(drain(client.scoreExamples(endless()))).rejects.toMatchObject({
      name: 'RpcError',
      reason: ErrorReason.OVERLOADED,
    });
  });
});

describe('calls at once', () => {
  test('beyond the limit are refused, whatever their kind, and let in again when others end', async () => {
    const { client, channel } = await loopback(
      TrainingService,
      {
        getRun: async () => ({}),
        async *watchRun(_, { signal }) {
          yield {};
          await sleep(60_000, undefined, { signal }).catch(() => {});
        },
      },
      { maxCalls: 3 },
    );
    const watches = [0, 1, 2].map(() => client.watchRun({ runId: 'a' })[Symbol.asyncIterator]());
    await Promise.all(watches.map((watch) => watch.next()));
    const refused = {
      code: status.RESOURCE_EXHAUSTED,
      reason: ErrorReason.OVERLOADED,
      message: expect.stringContaining('3 calls are under way'),
    };
    await expect(client.getRun({ runId: 'a' })).rejects.toMatchObject(refused);
    await expect(drain(client.watchRun({ runId: 'a' }))).rejects.toMatchObject(refused);
    expect(await checkHealth(channel)).toBe(true);
    await watches[0]!.return!();
    await vi.waitFor(() => client.getRun({ runId: 'a' }));
    for (let i = 0; i < 20; i++) await client.getRun({ runId: 'a' });
    for (const watch of watches) await watch.return!();
  });
});
