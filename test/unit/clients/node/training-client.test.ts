import { createHash, randomBytes } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { connectTraining } from '../../../../clients/node/training-client.ts';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { RunState } from '../../../../proto/gen/winnow/v1/run_pb.ts';
import { AppError, invalidField } from '../../../../services/app-error.ts';
import { scriptedServer } from '../scripted-server.ts';

type Script = NonNullable<Parameters<typeof scriptedServer>[0]['training']>;

async function client(training: Script) {
  const { address, server } = await scriptedServer({ training });
  const connected = connectTraining(address);
  onTestFinished(() => connected.close());
  return { training: connected, server };
}

/** A server that streams `model` in pieces, announcing what `announce` says of it. */
function download(model: Uint8Array, announce: { sha256?: string; sizeBytes?: bigint } = {}): Script {
  const sha256 = createHash('sha256').update(model).digest('hex');
  return {
    async *downloadModel() {
      const checkpoint = { sha256, sizeBytes: BigInt(model.length), ...announce };
      yield { checkpoint, data: model.subarray(0, 1000) };
      for (let at = 1000; at < model.length; at += 1000) yield { data: model.subarray(at, at + 1000) };
    },
  };
}

test('creates a run and gives it back', async () => {
  const { training } = await client({
    createRun: async ({ spec }) => ({ run: { id: 'r1', state: RunState.QUEUED, ...(spec && { spec }) } }),
  });
  expect(await training.createRun({ name: 'full', epochs: 3 })).toMatchObject({
    id: 'r1',
    spec: { name: 'full', epochs: 3 },
  });
});

test('a refused field arrives with its name and reason, and the call is made once', async () => {
  let calls = 0;
  const { training } = await client({
    createRun: async () => {
      calls += 1;
      throw invalidField('spec.epochs', 'must be at least 1');
    },
  });
  await expect(training.createRun({})).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
    reason: ErrorReason.INVALID_FIELD,
    fields: [{ field: 'spec.epochs', description: 'must be at least 1' }],
  });
  expect(calls).toBe(1);
});

test('reads are repeated while the service is unavailable; creating a run is not', async () => {
  const calls = { get: 0, create: 0 };
  const unavailable = () => new AppError(ErrorReason.BUS_UNAVAILABLE, 'the bus is away');
  const { training } = await client({
    getRun: async () => {
      calls.get += 1;
      if (calls.get < 3) throw unavailable();
      return { run: { id: 'r1' } };
    },
    createRun: async () => {
      calls.create += 1;
      throw unavailable();
    },
  });
  expect((await training.getRun('r1')).id).toBe('r1');
  await expect(training.createRun({})).rejects.toMatchObject({ code: status.UNAVAILABLE });
  expect(calls).toEqual({ get: 3, create: 1 });
});

test('lists the runs of all pages', async () => {
  const { training } = await client({
    listRuns: async ({ pageToken }) =>
      pageToken === ''
        ? { runs: [{ id: 'r3' }, { id: 'r2' }], nextPageToken: 'more' }
        : { runs: [{ id: 'r1' }], nextPageToken: '' },
  });
  const ids: string[] = [];
  for await (const { id } of training.listRuns()) ids.push(id);
  expect(ids).toEqual(['r3', 'r2', 'r1']);
});

test('a watch goes on after the stream broke', async () => {
  let opened = 0;
  const { training } = await client({
    async *watchRun() {
      opened += 1;
      yield { event: { case: 'run', value: { id: 'r1', epochsDone: opened } } };
      if (opened === 1) throw new AppError(ErrorReason.BUS_UNAVAILABLE, 'restarting');
    },
  });
  const epochs: number[] = [];
  for await (const event of training.watchRun('r1')) if (event.case === 'run') epochs.push(event.value.epochsDone);
  expect(epochs).toEqual([1, 2]);
});

test('an abort cancels a watch at the server too', async () => {
  let cancelled: () => void = () => {};
  const sawCancel = new Promise<void>((resolve) => {
    cancelled = resolve;
  });
  const { training } = await client({
    async *watchRun(_, context) {
      yield { event: { case: 'run', value: { id: 'r1' } } };
      await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve()));
      cancelled();
    },
  });
  const controller = new AbortController();
  const watching = (async () => {
    for await (const _ of training.watchRun('r1', { signal: controller.signal })) controller.abort();
  })();
  await expect(watching).rejects.toMatchObject({ code: status.CANCELLED });
  await sawCancel;
});

test('downloads a model and checks it', async () => {
  const model = randomBytes(4321);
  const { training } = await client(download(model));
  expect(Buffer.from(await training.downloadModel('r1')).equals(model)).toBe(true);
});

test('a model of one piece and an empty one arrive', async () => {
  const { training } = await client(download(new Uint8Array()));
  expect(await training.downloadModel('r1')).toHaveLength(0);
});

test.each([
  ['another hash', { sha256: '0'.repeat(64) }, /SHA-256 is [0-9a-f]{64}, not 0{64}; download it again/],
  ['another size', { sizeBytes: 5000n }, /4321 bytes arrived of 5000; download it again/],
])('a model with %s is refused', async (_, announced, message) => {
  const { training } = await client(download(randomBytes(4321), announced));
  await expect(training.downloadModel('r1')).rejects.toThrow(message);
});

test('a call takes no longer than its timeout', async () => {
  const { training } = await client({ getRun: () => new Promise(() => {}) });
  await expect(training.getRun('r1', { timeoutMs: 100 })).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
});

test('an answer without its run is an error', async () => {
  const { training } = await client({ getRun: async () => ({}) });
  await expect(training.getRun('r1')).rejects.toThrow("the server's answer has no run");
});

test('uploads a model in pieces, again where the service went away', async () => {
  const model = randomBytes(2_500_000);
  const sizes: number[][] = [];
  const { training } = await client({
    uploadModel: async (requests) => {
      const data: Uint8Array[] = [];
      for await (const { part } of requests) {
        if (part.case === 'data') data.push(part.value);
        else expect(part.value).toMatchObject({ classes: 10, model: { architecture: 'resnet-18' } });
      }
      sizes.push(data.map(({ length }) => length));
      if (sizes.length === 1) throw new AppError(ErrorReason.BUS_UNAVAILABLE, 'restarting');
      const sha256 = createHash('sha256').update(Buffer.concat(data)).digest('hex');
      return { checkpoint: { sha256, sizeBytes: BigInt(model.length) } };
    },
  });
  const { sha256 } = await training.uploadModel({ classes: 10, model: { architecture: 'resnet-18' } }, model);
  expect(sha256).toBe(createHash('sha256').update(model).digest('hex'));
  const pieces = [1024 * 1024, 1024 * 1024, 2_500_000 - 2 * 1024 * 1024];
  expect(sizes).toEqual([pieces, pieces]);
});

test('asks for an evaluation again where it broke, but not for ever', async () => {
  let asked = 0;
  const { training } = await client({
    async *evaluateModel({ seed }) {
      asked += 1;
      yield { part: { case: 'progress', value: { done: asked } } };
      if (seed === 1n && asked === 3) yield { part: { case: 'evaluation', value: { robustAccuracy: 0.5 } } };
      else throw new AppError(ErrorReason.BUS_UNAVAILABLE, 'restarting');
    },
  });
  const told: (number | string)[] = [];
  for await (const part of training.evaluateModel({ seed: 1n })) {
    told.push(part.case === 'progress' ? part.value.done : part.case);
  }
  expect(told).toEqual([1, 2, 3, 'evaluation']);
  asked = 0;
  const poisonous = (async () => {
    for await (const _ of training.evaluateModel({ seed: 2n }));
  })();
  await expect(poisonous).rejects.toMatchObject({ code: status.UNAVAILABLE });
  expect(asked).toBe(20);
});

test('an evaluation takes no longer than its timeout, all attempts together', async () => {
  const { training } = await client({
    async *evaluateModel() {
      yield { part: { case: 'progress', value: { done: 1 } } };
      throw new AppError(ErrorReason.BUS_UNAVAILABLE, 'restarting');
    },
  });
  const started = Date.now();
  const call = (async () => {
    for await (const _ of training.evaluateModel({}, { timeoutMs: 300 }));
  })();
  await expect(call).rejects.toThrow();
  expect(Date.now() - started).toBeLessThan(3_000);
});
