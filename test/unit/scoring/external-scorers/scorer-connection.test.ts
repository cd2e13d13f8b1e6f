import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { type ExampleBatch, ScorerService } from '../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { AppError, invalidField } from '../../../../services/app-error.ts';
import { CallAborted } from '../../../../services/platform/rpc/call-context.ts';
import type { ServiceImpl } from '../../../../services/platform/rpc/service-impl.ts';
import { ScorerConnection } from '../../../../services/scoring/external-scorers/scorer-connection.ts';
import { eventually } from '../../platform/eventually.ts';
import { loopback } from '../../platform/rpc/loopback.ts';
import { labelScorer, labelsOf, scoresOf, scoringCall, shortLimits } from './scorer-server.ts';

async function connect(changes: Partial<ServiceImpl<typeof ScorerService>> = {}, limits = shortLimits) {
  const { address, server } = await loopback(ScorerService, labelScorer(changes));
  const connection = new ScorerConnection({ name: 'nearest', address }, limits);
  onTestFinished(() => connection.close());
  return { connection, address, server };
}

const away = () => new CallAborted(status.UNAVAILABLE, 'restarting');

async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

test('sends what is asked for, in batches that any gRPC server takes, and gives the scores', async () => {
  const batches: ExampleBatch[] = [];
  const { connection } = await connect({
    async *scoreExamples(requests) {
      for await (const { part } of requests) if (part.case === 'batch') batches.push(part.value);
      yield scoresOf(batches.flatMap(({ labels }) => labels));
    },
  });
  const sent: number[] = [];
  const call = scoringCall(10_000);
  const answer = await connection.score({ ...call, onSent: (examples) => sent.push(examples) });
  expect(answer).toEqual({ scores: Float64Array.from(call.signals.labels) });
  expect(sent).toEqual([0, 4096, 8192, 10_000]);
  expect(batches.map(({ firstIndex }) => firstIndex)).toEqual([0, 4096, 8192]);
  expect(batches.flatMap(({ adversarialLogits }) => adversarialLogits)).toEqual([...call.signals.adversarialLogits]);
  expect(batches.every(({ cleanLogits, cleanFeatures }) => cleanLogits.length + cleanFeatures.length === 0)).toBe(true);
});

test('takes scores while examples are still on their way', async () => {
  const { connection } = await connect({
    async *scoreExamples(requests) {
      for await (const { part } of requests) {
        if (part.case !== 'batch') continue;
        const { firstIndex, labels: scores } = part.value;
        yield { part: { case: 'scores', value: { firstIndex, scores } } };
      }
    },
  });
  const call = scoringCall(9_000);
  expect(await connection.score(call)).toEqual({ scores: Float64Array.from(call.signals.labels) });
});

describe('a scorer that goes away', () => {
  test('is tried again from the start', async () => {
    let calls = 0;
    const { connection } = await connect({
      async *scoreExamples(requests) {
        const labels = await labelsOf(requests);
        calls += 1;
        yield { part: { case: 'scores', value: { firstIndex: 0, scores: labels.slice(0, 2) } } };
        if (calls < 3) throw new AppError(ErrorReason.BUS_UNAVAILABLE, 'restarting');
        yield { part: { case: 'scores', value: { firstIndex: 2, scores: labels.slice(2) } } };
      },
    });
    const call = scoringCall(9);
    expect(await connection.score(call)).toEqual({ scores: Float64Array.from(call.signals.labels) });
    expect(calls).toBe(3);
  });

  test('fails with its name after the last attempt', async () => {
    let asked = 0;
    const { connection, address } = await connect({
      checkReady: async () => {
        asked += 1;
        throw away();
      },
    });
    const { reason, message } = await failureOf(connection.untilReady());
    expect(reason).toBe(ErrorReason.SCORER_FAILED);
    expect(message).toBe(`scorer 'nearest' at ${address} is away: restarting`);
    expect(asked).toBe(3);
  });
});

test('other failures are not tried again', async () => {
  let calls = 0;
  const { connection } = await connect({
    // biome-ignore lint/correctness/useYield: a scorer that refuses at once
    async *scoreExamples() {
      calls += 1;
      throw invalidField('setting.classes', 'is 3; this scorer is for 10');
    },
  });
  const { message } = await failureOf(connection.score(scoringCall(9)));
  expect(message).toContain('refused what it was asked: setting.classes: is 3');
  expect(calls).toBe(1);
});

test('waits for a scorer that is loading', async () => {
  let asked = 0;
  const { connection } = await connect({
    checkReady: async () => {
      asked += 1;
      return { ready: asked > 2, detail: 'loading' };
    },
  });
  expect(await connection.notReady()).toBe('loading');
  await connection.untilReady();
  expect(asked).toBe(3);
});

test('a stream that stands still while batches wait is given up', async () => {
  const { connection } = await connect({
    async *scoreExamples(requests) {
      await requests[Symbol.asyncIterator]().next();
      await sleep(20_000, undefined, { ref: false });
      yield scoresOf([]);
    },
  });
  // More than the connection's buffers take.
  const { message } = await failureOf(connection.score(scoringCall(400_000)));
  expect(message).toContain('stood still for 300 ms');
});

test('a scorer may think for longer than a stall once it has everything', async () => {
  const { connection } = await connect({
    async *scoreExamples(requests) {
      const labels = await labelsOf(requests);
      await sleep(700);
      yield scoresOf(labels);
    },
  });
  expect(await connection.score(scoringCall(9))).toHaveProperty('scores');
});

test('a scorer that never answers is given up in time, and hears of it', async () => {
  let stopped = false;
  const { connection } = await connect(
    {
      async *scoreExamples(requests, { signal }) {
        await labelsOf(requests);
        signal.addEventListener('abort', () => {
          stopped = true;
        });
        await sleep(20_000, undefined, { ref: false });
        yield scoresOf([]);
      },
    },
    { ...shortLimits, timeoutMs: 500 },
  );
  const { message, reason } = await failureOf(connection.score(scoringCall(9)));
  expect(reason).toBe(ErrorReason.SCORER_FAILED);
  expect(message).toMatch(/did not answer (within 500 ms|in time)/);
  await eventually(() => stopped);
});

test('a cancel is passed on, and is no fault of the scorer', async () => {
  const abort = new AbortController();
  let stopped = false;
  const { connection } = await connect({
    async *scoreExamples(requests, { signal }) {
      await labelsOf(requests);
      signal.addEventListener('abort', () => {
        stopped = true;
      });
      abort.abort();
      await sleep(20_000, undefined, { ref: false });
      yield scoresOf([]);
    },
  });
  const { reason } = await failureOf(connection.score(scoringCall(9), abort.signal));
  expect(reason).toBe(ErrorReason.CANCELLED);
  await eventually(() => stopped);
});

test('a server of something else is no scorer', async () => {
  const { address } = await loopback(ScorerService, {});
  const connection = new ScorerConnection({ name: '', address }, shortLimits);
  onTestFinished(() => connection.close());
  const { message } = await failureOf(connection.describe({ patient: true }));
  expect(message).toContain(`the scorer at ${address}`);
});
