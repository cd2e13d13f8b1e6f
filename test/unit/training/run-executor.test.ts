import { create } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { afterAll, describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { SelectionRequestedSchema } from '../../../proto/gen/winnow/v1/events_pb.ts';
import { type Run, RunSchema, RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { AppError } from '../../../services/app-error.ts';
import { publishFailure, publishIndexSet } from '../../../services/index-set/publish.ts';
import { lastMessage } from '../../../services/platform/bus/last-message.ts';
import { getObject } from '../../../services/platform/bus/objects.ts';
import {
  CHECKPOINT_BUCKET,
  REQUEST_STREAM,
  selectionRequestedSubject,
} from '../../../services/platform/bus/streams.ts';
import { sha256Hex } from '../../../services/platform/sha256.ts';
import { WorkThread } from '../../../services/platform/thread/work-thread.ts';
import { roundSeed } from '../../../services/training/round-seed.ts';
import { RunExecutor } from '../../../services/training/run-executor.ts';
import { RunRecords } from '../../../services/training/run-records.ts';
import { compileWorker } from '../compile-worker.ts';
import { sampleSet } from '../index-set/sample-set.ts';
import { newRunId, sharedNatsServer, testBus } from '../platform/bus/test-bus.ts';
import { capturedLog } from '../platform/captured-log.ts';
import { refusal } from '../spec/refusal.ts';
import { type SpecInit, tinySpec } from './tiny-trainer.ts';

const shared = sharedNatsServer();
// a worker takes a while to start, so all tests share one
const thread = new WorkThread(await compileWorker(new URL('./fixtures/scripted-runs.ts', import.meta.url)));
afterAll(() => thread.close());

const PRUNED: SpecInit = { selection: { scorer: 'random', fraction: 0.3 } };

async function setUp() {
  const { bus } = await testBus(shared.server);
  const { log, lines } = capturedLog();
  const records = new RunRecords({ put: async () => {}, list: async () => [] }, log);
  const executor = new RunExecutor({ bus, thread, records, log });
  const enqueue = (changes: SpecInit = {}): string => {
    const id = newRunId();
    executor.enqueue(
      create(RunSchema, { id, spec: tinySpec(changes), state: RunState.QUEUED, createdAt: timestampNow() }),
    );
    return id;
  };
  /** The run once a condition holds; its states on the way. */
  const follow = async (id: string, until: (run: Run) => boolean = () => false) => {
    const states: RunState[] = [];
    for await (const event of records.watch(id, new AbortController().signal)) {
      if (event.case !== 'run') continue;
      if (states.at(-1) !== event.value.state) states.push(event.value.state);
      if (until(event.value)) break;
    }
    return { run: records.get(id), states };
  };
  return { bus, lines, records, executor, enqueue, follow };
}

const { QUEUED, RUNNING, WAITING, SUCCEEDED, FAILED, CANCELLED } = RunState;

describe('a run', () => {
  test('on full data goes from queued to succeeded, its model stored', async () => {
    const { bus, enqueue, follow } = await setUp();
    const { run, states } = await follow(enqueue());
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
    const { run } = await follow(enqueue({ dataset: { name: 'tiny', validationExamples: 9 } }));
    expect(run.best).toMatchObject({ epoch: 0, checkpoint: run.checkpoint, result: { robustAccuracy: 0.75 } });
    expect((await follow(enqueue())).run.best).toBeUndefined();
  });

  test('on a subset asks for it with its weights, waits, and goes on with it', async () => {
    const { bus, enqueue, follow } = await setUp();
    const id = enqueue(PRUNED);
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
    const id = enqueue(PRUNED);
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
    const diverged = await follow(enqueue({ name: 'diverges' }));
    expect(diverged.run.failure).toMatchObject({ reason: ErrorReason.DIVERGED, message: 'the loss became NaN' });
    const id = enqueue({ name: 'has a fault' });
    const faulty = await follow(id);
    expect(faulty.run.failure).toMatchObject({ reason: ErrorReason.INTERNAL });
    expect(faulty.run.failure?.message).not.toContain('secret');
    expect(faulty.run.failure?.message).toContain(id);
    expect(JSON.stringify(lines.filter(({ run }) => run === id))).toContain('secret');
  });
});

describe('the queue', () => {
  test('runs one after another; a cancelled run ends at once and makes way', async () => {
    const { records, executor, enqueue, follow } = await setUp();
    const first = enqueue({ name: 'never ends' });
    const second = enqueue();
    await follow(first, ({ state }) => state === RUNNING);
    expect(records.get(second).state).toBe(QUEUED);
    executor.cancel(first);
    expect(records.get(first)).toMatchObject({ state: CANCELLED });
    expect((await follow(second)).run.state).toBe(SUCCEEDED);
    executor.cancel(first);
    executor.cancel(second);
    expect(records.get(second).state).toBe(SUCCEEDED);
    expect(records.get(first).failure).toBeUndefined();
    expect(refusal(() => executor.cancel('x')).reason).toBe(ErrorReason.UNKNOWN_RUN);
  });

  test('refuses what is too much, until a waiting run is cancelled, and ends with the service', async () => {
    const { records, executor, enqueue, follow } = await setUp();
    const ids = Array.from({ length: 100 }, () => enqueue({ name: 'never ends' }));
    await follow(ids[0], ({ state }) => state === RUNNING);
    const tooMany = refusal(() => enqueue());
    expect(tooMany.reason).toBe(ErrorReason.OVERLOADED);
    expect(records.list()).toHaveLength(100);
    executor.cancel(ids[50]);
    await expect
      .poll(() => {
        try {
          return enqueue();
        } catch {
          return '';
        }
      })
      .not.toBe('');
    executor.shutDown();
    const states = new Set(records.list().map(({ id, state }) => (id === ids[50] ? 'cancelled' : state)));
    expect(states).toEqual(new Set([FAILED, 'cancelled']));
    expect(records.get(ids[0]).failure).toMatchObject({ reason: ErrorReason.CANCELLED });
  });
});
