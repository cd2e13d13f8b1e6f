import { connect, type IncomingHttpHeaders } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { ScorerService } from '../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { ScoringService } from '../../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { TrainingService } from '../../../../proto/gen/winnow/v1/training_service_pb.ts';
import { createClient, openChannel } from '../../../../services/platform/rpc/client.ts';
import { breakableProxy } from '../breakable-proxy.ts';
import { eventually } from '../eventually.ts';
import { CollectService, loopback } from './loopback.ts';

const never = () => new Promise<never>(() => {});

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

async function* endless() {
  for (;;) {
    yield {};
    await sleep(1);
  }
}

describe('cancelling', () => {
  test('unary: the handler hears of it, the caller gets CANCELLED', async () => {
    let heard: unknown;
    const { client, lines } = await loopback(TrainingService, {
      getRun: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            heard = signal.reason;
            reject(new Error('the work was interrupted'));
          });
          setTimeout(() => cancel.abort(), 0);
        }),
    });
    const cancel = new AbortController();
    const call = client.getRun({}, { signal: cancel.signal });
    await expect(call).rejects.toMatchObject({ code: status.CANCELLED, reason: ErrorReason.CANCELLED });
    await eventually(() => heard !== undefined);
    expect(heard).toMatchObject({ code: status.CANCELLED });
    expect(lines).toEqual([]);
  });

  test('a signal that is aborted already makes no call', async () => {
    let called = false;
    const { client } = await loopback(TrainingService, {
      listRuns: async () => {
        called = true;
        return {};
      },
      async *watchRun() {
        called = true;
        yield {};
      },
    });
    const signal = AbortSignal.abort();
    await expect(client.listRuns({}, { signal })).rejects.toMatchObject({ code: status.CANCELLED });
    await expect(drain(client.watchRun({}, { signal }))).rejects.toMatchObject({ code: status.CANCELLED });
    await sleep(50);
    expect(called).toBe(false);
  });

  test('leaving the loop over a server stream ends its handler', async () => {
    let ended = false;
    const { client } = await loopback(ScoringService, {
      async *watchIndexSets() {
        try {
          for (let round = 0; ; round++) {
            yield { indexSet: { round } };
            await sleep(1);
          }
        } finally {
          ended = true;
        }
      },
    });
    for await (const { indexSet } of client.watchIndexSets({})) if (indexSet?.round === 3) break;
    await eventually(() => ended);
  });

  test('a handler that hangs between messages is released', async () => {
    let signal: AbortSignal | undefined;
    const { client } = await loopback(ScoringService, {
      async *watchIndexSets(_, context) {
        signal = context.signal;
        yield {};
        await never();
      },
    });
    const cancel = new AbortController();
    const reading = (async () => {
      for await (const _ of client.watchIndexSets({}, { signal: cancel.signal })) cancel.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: status.CANCELLED });
    await eventually(() => signal?.aborted === true);
  });

  test('bidi: both sides stop', async () => {
    let served = false;
    let sent = false;
    const { client } = await loopback(ScorerService, {
      async *scoreExamples(requests) {
        try {
          for await (const _ of requests) yield {};
        } finally {
          served = true;
        }
      },
    });
    async function* requests() {
      try {
        yield* endless();
      } finally {
        sent = true;
      }
    }
    let count = 0;
    for await (const _ of client.scoreExamples(requests())) if (++count === 5) break;
    await eventually(() => served && sent);
  });

  test('client streaming: the handler waiting for requests is released', async () => {
    let error: unknown;
    const { client } = await loopback(CollectService, {
      async collect(requests) {
        try {
          for await (const _ of requests) cancel.abort();
        } catch (caught) {
          error = caught;
          throw caught;
        }
        return {};
      },
    });
    const cancel = new AbortController();
    await expect(client.collect(endless(), { signal: cancel.signal })).rejects.toMatchObject({
      code: status.CANCELLED,
    });
    await eventually(() => error !== undefined);
    expect(error).toMatchObject({ code: status.CANCELLED });
  });

  test('a connection that breaks aborts its calls', async () => {
    let signal: AbortSignal | undefined;
    const { address } = await loopback(TrainingService, {
      getRun: (_, context) => {
        signal = context.signal;
        return never();
      },
    });
    const proxy = await breakableProxy(Number(address.split(':')[1]));
    const channel = openChannel(`127.0.0.1:${proxy.port}`);
    const call = createClient(TrainingService, channel).getRun({});
    const failed = expect(call).rejects.toMatchObject({ code: status.UNAVAILABLE });
    await eventually(() => signal !== undefined);
    proxy.cut();
    await failed;
    await eventually(() => signal?.aborted === true);
    channel.close();
  });
});

/** The status of a call with an empty request, sent without a client that would look at the deadline first. */
async function rawStatus(address: string, path: string, timeout: string): Promise<number> {
  const session = connect(`http://${address}`);
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
  const stream = session.request({ ...headers, 'grpc-timeout': timeout });
  const ended = new Promise<number>((resolve) => {
    const read = (received: IncomingHttpHeaders) => {
      if (received['grpc-status'] !== undefined) resolve(Number(received['grpc-status']));
    };
    stream.on('response', read).on('trailers', read).resume();
  });
  const emptyMessage = Buffer.alloc(5);
  stream.end(emptyMessage);
  const code = await ended;
  session.close();
  return code;
}

describe('deadlines', () => {
  test('the caller gets DEADLINE_EXCEEDED, the handler its deadline and an aborted signal', async () => {
    let deadline: Date | undefined;
    let signal: AbortSignal | undefined;
    const { client } = await loopback(TrainingService, {
      getRun: (_, context) => {
        ({ deadline, signal } = context);
        return never();
      },
    });
    const start = Date.now();
    await expect(client.getRun({}, { timeoutMs: 200 })).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
    expect(deadline && Math.abs(deadline.getTime() - start - 200)).toBeLessThan(150);
    await eventually(() => signal?.aborted === true);
  });

  test('a stream is cut off', async () => {
    let ended = false;
    const { client } = await loopback(ScorerService, {
      async *scoreExamples() {
        try {
          for (;;) {
            yield {};
            await sleep(5);
          }
        } finally {
          ended = true;
        }
      },
    });
    const call = drain(client.scoreExamples(endless(), { timeoutMs: 150 }));
    await expect(call).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await eventually(() => ended);
  });

  test('no work is done once the deadline has passed', async () => {
    let called = false;
    const { client, address } = await loopback(TrainingService, {
      listRuns: async () => {
        called = true;
        return {};
      },
    });
    await expect(client.listRuns({}, { timeoutMs: 0 })).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
    expect(await rawStatus(address, '/winnow.v1.TrainingService/ListRuns', '1n')).toBe(status.DEADLINE_EXCEEDED);
    await sleep(50);
    expect(called).toBe(false);
    expect(await rawStatus(address, '/winnow.v1.TrainingService/ListRuns', '10S')).toBe(status.OK);
    expect(called).toBe(true);
  });

  test('without one there is none, and the signal stays quiet after the answer', async () => {
    let deadline: Date | undefined = new Date();
    let signal: AbortSignal | undefined;
    const { client } = await loopback(TrainingService, {
      listRuns: async (_, context) => {
        ({ deadline, signal } = context);
        return {};
      },
    });
    await client.listRuns({});
    await sleep(50);
    expect(deadline).toBeUndefined();
    expect(signal?.aborted).toBe(false);
  });
});
