import { create } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { SelectionRequestedSchema } from '../../../proto/gen/winnow/v1/events_pb.ts';
import { type Run, RunSchema, RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { AppError } from '../../../services/app-error.ts';
import { publishFailure, publishIndexSet } from '../../../services/index-set/publish.ts';
import { lastMessage } from '../../../services/platform/bus/last-message.ts';
import { getObject } from '../../../services/platform/bus/objects.ts';
import {
  CHECKPOINT_BUCKET,
  LEASE_MS,
  REQUEST_STREAM,
  selectionRequestedSubject,
} from '../../../services/platform/bus/streams.ts';
import { sha256Hex } from '../../../services/platform/sha256.ts';
import { WorkThread } from '../../../services/platform/thread/work-thread.ts';
import { Leases } from '../../../services/training/leases.ts';
import { roundSeed } from '../../../services/training/round-seed.ts';
import { RunQueue } from '../../../services/training/run-queue.ts';
import { RunRecords } from '../../../services/training/run-records.ts';
import { RunStates } from '../../../services/training/run-states.ts';
import { runStore } from '../../../services/training/run-store.ts';
import { compileWorker } from '../compile-worker.ts';
import { expectAppError } from '../dataset/fixtures/expect-app-error.ts';
import { sampleSet } from '../index-set/sample-set.ts';
import { newRunId, sharedNatsServer, testBus } from '../platform/bus/test-bus.ts';
import { capturedLog } from '../platform/captured-log.ts';
import { type SpecInit, tinySpec } from './tiny-trainer.ts';

const shared = sharedNatsServer();
// a worker takes a while to start, so all tests share one
const thread = new WorkThread(await compileWorker(new URL('./fixtures/scripted-runs.ts', import.meta.url)));
afterAll(() => thread.close());

const PRUNED: SpecInit = { selection: { scorer: 'random', fraction: 0.3 } };

/** A training process without its wire side, and the bus that it shares with the others of a test. */
async function startProcess() {
  const { bus } = await testBus(shared.server);
  const { log, lines } = capturedLog();
  const records = new RunRecords(runStore(bus), log);
  const stop = new AbortController();
  await records.load(stop.signal);
  const states = new RunStates(bus);
  const queue = new RunQueue({ bus, thread, records, states, leases: new Leases(bus), log });
  queue.start();
  onTestFinished(async () => {
    // what a test leaves must not be taken by the next one's processes
    for (const { id, state } of records.list()) if (state < SUCCEEDED) await queue.cancel(id);
    records.close();
    await queue.close();
    stop.abort();
  });
  const enqueue = async (changes: SpecInit = {}): Promise<string> => {
    const id = newRunId();
    const run = { id, spec: tinySpec(changes), state: RunState.QUEUED, createdAt: timestampNow() };
    await queue.enqueue(create(RunSchema, run));
    return id;
  };
  /** The run once a condition holds; its states on the way. */
  const follow = async (id: string, until: (run: Run) => boolean = () => false) => {
    const seen: RunState[] = [];
    await records.find(id);
    for await (const event of records.watch(id, new AbortController().signal)) {
      if (event.case !== 'run') continue;
      if (seen.at(-1) !== event.value.state) seen.push(event.value.state);
      if (until(event.value)) break;
    }
    return { run: records.get(id), states: seen };
  };
  return { bus, lines, records, states, queue, enqueue, follow };
}

const setUp = startProcess;

const { QUEUED, RUNNING, WAITING, SUCCEEDED, FAILED, CANCELLED } = RunState;

describe('a run', () => {
  test('on full data goes from queued to succeeded, its model stored', async () => {
    const { bus, enqueue, follow } = await setUp();
    const { run, states } = await follow(await enqueue());
    expect(states).toEqual([QUEUED, RUNNING, SUCCEEDED]);
    expect(run).toMatchObject({ epochsDone: 1, device: 'cpu', dataset: { fingerprint: 'f1' }, rounds: [] });
    expect(run.result?.robustAccuracy).toBe(0.75);
    expect(run.history.map(({ loss }) => loss)).toEqual([0.5]);
    expect(run.startedAt).toBeDefined();
    expect(run.endedAt).toBeDefined();
    const { sha256 } = run.checkpoint!;
    expect([...(await getObject(bus, CHECKPOINT_BUCKET, sha256, { sha256 }))]).toEqual([2]);
  });

  test('has a best model where examples were held out, and none else', async () => {
    const { enqueue, follow } = await setUp();
    const { run } = await follow(await enqueue({ dataset: { name: 'tiny', validationExamples: 9 } }));
    expect(run.best).toMatchObject({ epoch: 0, checkpoint: run.checkpoint, result: { robustAccuracy: 0.75 } });
    expect((await follow(await enqueue())).run.best).toBeUndefined();
  });

  test('on a subset asks for it with its weights, waits, and goes on with it', async () => {
    const { bus, enqueue, follow } = await setUp();
    const id = await enqueue(PRUNED);
    // the checkpoint is in the record once the answer is there, so the request is looked up when the run waits
    await follow(id, ({ state }) => state === WAITING);
    await publishIndexSet(bus, sampleSet({ runId: id, round: 0 }));
    const { run, states } = await follow(id);
    expect(states).toEqual([WAITING, RUNNING, SUCCEEDED]);
    expect(run.rounds).toMatchObject([{ round: 0, fromEpoch: 0, kept: 3 }]);
    const subject = selectionRequestedSubject(id, 0);
    const request = await lastMessage(bus, REQUEST_STREAM, subject, SelectionRequestedSchema);
    const { dataset, model, objective, selection, seed, precision } = run.spec!;
    expect(request).toMatchObject({
      runId: id,
      round: 0,
      datasetFingerprint: 'f1',
      checkpoint: { sha256: sha256Hex(Uint8Array.of(1)), sizeBytes: 1n },
      seed: roundSeed(seed, 0),
      precision,
    });
    expect([request!.dataset, request!.model, request!.objective]).toEqual([dataset, model, objective]);
    expect(request!.selection).toEqual(selection);
  });

  test.each([
    ['the scoring service failed', ErrorReason.DIVERGED],
    ['the set is of another data set', ErrorReason.INVALID_INDEX_SET],
    ['the set breaks an invariant', ErrorReason.INVALID_INDEX_SET],
  ])('fails where %s', async (how, reason) => {
    const { bus, enqueue, follow } = await setUp();
    const id = await enqueue(PRUNED);
    const set = { runId: id, round: 0 };
    if (reason === ErrorReason.DIVERGED) await publishFailure(bus, id, 0, new AppError(reason, 'no finite scores'));
    else if (how.includes('another')) await publishIndexSet(bus, sampleSet({ ...set, datasetFingerprint: 'f2' }));
    else await publishIndexSet(bus, sampleSet({ ...set, weights: [0, 0, 0] }));
    const { run } = await follow(id);
    expect(run).toMatchObject({ state: FAILED, failure: { reason } });
    expect(run.endedAt).toBeDefined();
  });

  test('that fails says why, but nothing of the inside of a fault', async () => {
    const { lines, enqueue, follow } = await setUp();
    const diverged = await follow(await enqueue({ name: 'diverges' }));
    expect(diverged.run.failure).toMatchObject({ reason: ErrorReason.DIVERGED, message: 'the loss became NaN' });
    const id = await enqueue({ name: 'has a fault' });
    const faulty = await follow(id);
    expect(faulty.run.failure).toMatchObject({ reason: ErrorReason.INTERNAL });
    expect(faulty.run.failure?.message).not.toContain('secret');
    expect(faulty.run.failure?.message).toContain(id);
    expect(JSON.stringify(lines.filter(({ run }) => run === id))).toContain('secret');
  });
});

describe('the queue', () => {
  test('runs one after another; a cancelled run ends at once and makes way', async () => {
    const { records, queue, enqueue, follow } = await setUp();
    const first = await enqueue({ name: 'never ends' });
    const second = await enqueue();
    await follow(first, ({ state }) => state === RUNNING);
    expect(records.get(second).state).toBe(QUEUED);
    expect(await queue.cancel(first)).toMatchObject({ state: CANCELLED });
    expect(records.get(first)).toMatchObject({ state: CANCELLED });
    expect((await follow(second)).run.state).toBe(SUCCEEDED);
    await queue.cancel(first);
    await queue.cancel(second);
    expect(records.get(second).state).toBe(SUCCEEDED);
    expect(records.get(first).failure).toBeUndefined();
    await expectAppError(queue.cancel('x'), ErrorReason.UNKNOWN_RUN);
  });

  test('takes back what a cancelled run has asked for', async () => {
    const { bus, queue, enqueue, follow } = await setUp();
    const id = await enqueue(PRUNED);
    await follow(id, ({ state }) => state === WAITING);
    const request = () => lastMessage(bus, REQUEST_STREAM, selectionRequestedSubject(id, 0), SelectionRequestedSchema);
    await expect.poll(request).toBeDefined();
    await queue.cancel(id);
    expect(await request()).toBeUndefined();
  });

  test('refuses what is too much, until a waiting run is cancelled', async () => {
    const { records, queue, enqueue, follow } = await setUp();
    const ids: string[] = [];
    for (let i = 0; i < 100; i++) ids.push(await enqueue({ name: 'never ends' }));
    await follow(ids[0], ({ state }) => state === RUNNING);
    await expectAppError(enqueue(), ErrorReason.OVERLOADED);
    await queue.cancel(ids[50]);
    await enqueue();
    expect(records.list().filter(({ state }) => state === QUEUED)).toHaveLength(99);
  });
});

describe('a run of two processes', () => {
  test('is trained by one of them, watched and cancelled at either', async () => {
    const [one, other] = [await startProcess(), await startProcess()];
    const id = await one.enqueue({ name: 'two epochs' });
    await Promise.all([one, other].map(({ follow }) => follow(id, ({ epochsDone }) => epochsDone === 1)));
    const taken = [one, other].map(({ lines }) => lines.filter(({ msg, run }) => msg === 'run taken' && run === id));
    expect(taken.map(({ length }) => length).toSorted()).toEqual([0, 1]);
    await other.queue.cancel(id);
    expect((await one.follow(id)).run.state).toBe(CANCELLED);
  });

  test('goes from the one that is stopped to the other, with its state', async () => {
    const one = await startProcess();
    const id = await one.enqueue({ name: 'two epochs' });
    await one.follow(id, ({ epochsDone }) => epochsDone === 1);
    const other = await startProcess();
    const stopped = Date.now();
    await one.queue.close();
    const { run } = await other.follow(id);
    expect(Date.now() - stopped).toBeLessThan(LEASE_MS);
    expect(run).toMatchObject({ state: SUCCEEDED, epochsDone: 2, history: [{ epoch: 0 }, { epoch: 1 }] });
    await expectAppError(one.enqueue(), ErrorReason.CANCELLED);
    await expect.poll(() => other.states.get(id)).toBeUndefined();
  });
});
