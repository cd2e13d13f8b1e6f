import { setImmediate } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { type Run, RunSchema, RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { EpochProgressSchema } from '../../../proto/gen/winnow/v1/training_service_pb.ts';
import { AppError } from '../../../services/app-error.ts';
import { endRun, type RunEvent, RunRecords } from '../../../services/training/run-records.ts';
import { expectAppError } from '../dataset/fixtures/expect-app-error.ts';
import { capturedLog } from '../platform/captured-log.ts';
import { eventually } from '../platform/eventually.ts';
import { refusal } from '../spec/refusal.ts';
import { MemoryRunStore } from './memory-run-store.ts';

const newRun = (id: string, created = 0) =>
  create(RunSchema, { id, state: RunState.QUEUED, createdAt: timestampFromDate(new Date(created)) });

const mine = { isValid: async () => true };

function setUp(store = new MemoryRunStore()) {
  const { log, lines } = capturedLog();
  const records = new RunRecords(store, log);
  onTestFinished(() => records.close());
  /** Adds a run that this process trains. */
  const addOwn = async (id: string, created?: number) => {
    await records.add(newRun(id, created));
    await records.own(id, mine);
  };
  return { store, lines, records, addOwn };
}

const finishEpoch = (epoch: number) => (run: Run) => {
  run.state = RunState.RUNNING;
  run.epochsDone = epoch + 1;
};

describe('run records', () => {
  test('hold runs, newest first, also within a second', async () => {
    const { records } = setUp();
    for (const [id, created] of [
      ['b', 1_700_000_000_500],
      ['d', 1_700_000_000_501],
      ['a', 1_700_000_000_502],
      ['c', 1_699_000_000_999],
      ['e', 1_700_000_000_501],
    ] as const) {
      await records.add(newRun(id, created));
    }
    expect(records.list().map(({ id }) => id)).toEqual(['a', 'e', 'd', 'b', 'c']);
    expect(records.get('d').id).toBe('d');
    const error = refusal(() => records.get('x'));
    expect(error.reason).toBe(ErrorReason.UNKNOWN_RUN);
    expect(error.message).toContain("'x'");
  });

  test('take over what an earlier process left', async () => {
    const { store, records } = setUp();
    await records.add(newRun('a', 1));
    await records.add(newRun('b', 2));
    const { records: next } = setUp(store);
    await next.load(AbortSignal.abort());
    expect(next.list().map(({ id }) => id)).toEqual(['b', 'a']);
  });

  test.each([RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED])(
    'leave an ended run (state %d) as it is',
    async (state) => {
      const { store, records, addOwn } = setUp();
      await addOwn('a');
      records.update('a', (run) => endRun(run, state));
      await records.flushed('a');
      records.update('a', finishEpoch(4));
      await records.flushed('a');
      expect(records.get('a')).toMatchObject({ state, epochsDone: 0 });
      expect(records.get('a').endedAt).toBeDefined();
      expect(store.written).toHaveLength(2);
    },
  );

  test('keep why a run failed', async () => {
    const { records, addOwn } = setUp();
    await addOwn('a');
    const failure = { reason: ErrorReason.DIVERGED, message: 'the loss became NaN' };
    records.update('a', (run) => endRun(run, RunState.FAILED, failure));
    expect(records.get('a').failure).toMatchObject(failure);
  });
});

describe('the store', () => {
  test('gets every last state; changes made meanwhile go into one write', async () => {
    const { store, records, addOwn } = setUp();
    await addOwn('a');
    store.held = true;
    records.update('a', finishEpoch(0));
    await setImmediate();
    for (let epoch = 1; epoch < 10; epoch++) records.update('a', finishEpoch(epoch));
    store.release();
    await records.flushed('a');
    expect(store.written.map(({ epochsDone }) => epochsDone)).toEqual([0, 1, 10]);
  });

  test('that fails is logged, and written to again by itself', async () => {
    const { store, records, lines, addOwn } = setUp();
    await addOwn('a');
    store.failure = new AppError(ErrorReason.OVERLOADED, 'full');
    records.update('a', finishEpoch(0));
    await eventually(() => lines.length > 0);
    expect(lines[0]).toMatchObject({
      run: 'a',
      msg: expect.stringContaining('trying again'),
      err: { message: 'full' },
    });
    store.failure = undefined;
    await records.flushed('a');
    expect(store.written.map(({ epochsDone }) => epochsDone)).toEqual([0, 1]);
  });

  test('is not written to for progress', async () => {
    const { store, records, addOwn } = setUp();
    await addOwn('a');
    records.progress('a', create(EpochProgressSchema, { done: 1, total: 2 }));
    await records.flushed('a');
    expect(store.written).toHaveLength(1);
  });
});

describe('two processes', () => {
  test('a run of one is known to the other, and can be ended there', async () => {
    const { store, records, addOwn } = setUp();
    const { records: others } = setUp(store);
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    await addOwn('a');
    expect(await others.find('a')).toMatchObject({ id: 'a', state: RunState.QUEUED });
    await others.load(stop.signal);
    await records.load(stop.signal);
    records.update('a', finishEpoch(0));
    await eventually(() => others.get('a').epochsDone === 1);
    expect(await others.end('a', RunState.CANCELLED)).toMatchObject({ state: RunState.CANCELLED, epochsDone: 1 });
    records.update('a', finishEpoch(1));
    await records.flushed('a');
    expect(records.get('a')).toMatchObject({ state: RunState.CANCELLED, epochsDone: 1 });
    expect((await store.get('a'))?.run).toMatchObject({ state: RunState.CANCELLED, epochsDone: 1 });
    expect(await records.end('a', RunState.CANCELLED)).toMatchObject({ epochsDone: 1 });
    await expectAppError(records.end('x', RunState.CANCELLED), ErrorReason.UNKNOWN_RUN);
  });

  test('of two that take themselves for the owner, only the one that is writes', async () => {
    const { store, records } = setUp();
    const { records: late } = setUp(store);
    await records.add(newRun('a'));
    await late.own('a', { isValid: async () => false });
    await records.own('a', mine);
    records.update('a', finishEpoch(4));
    await records.flushed('a');
    late.update('a', finishEpoch(1));
    await late.flushed('a');
    expect(late.get('a').epochsDone).toBe(5);
    // the owner's own write goes through, though somebody wrote in between
    await store.put({ ...newRun('a'), epochsDone: 2 }, 2);
    records.update('a', finishEpoch(5));
    await records.flushed('a');
    expect((await store.get('a'))?.run.epochsDone).toBe(6);
  });
});

describe('a watcher', () => {
  const brief = (event: RunEvent) => (event.case === 'run' ? event.value.epochsDone : `${event.value.done}`);

  test('sees the run as it stands and then all that happens, in order, to the end', async () => {
    const { records, addOwn } = setUp();
    await addOwn('a');
    await addOwn('b');
    records.update('a', finishEpoch(0));
    const watch = records.watch('a', new AbortController().signal);
    const seen = [brief((await watch.next()).value!)];
    // all of this happens before the reader asks again
    records.update('a', finishEpoch(1));
    records.progress('a', create(EpochProgressSchema, { done: 5 }));
    records.update('b', finishEpoch(7));
    records.update('a', finishEpoch(2));
    records.update('a', (run) => endRun(run, RunState.SUCCEEDED));
    for await (const event of watch) seen.push(brief(event));
    expect(seen).toEqual([1, 2, '5', 3, 3]);
  });

  test('gets copies, which later changes leave alone', async () => {
    const { records, addOwn } = setUp();
    await addOwn('a');
    const watch = records.watch('a', new AbortController().signal);
    const first = (await watch.next()).value as Extract<RunEvent, { case: 'run' }>;
    records.update('a', finishEpoch(0));
    expect(first.value.epochsDone).toBe(0);
    await watch.return(undefined);
  });

  test('of an ended run gets it once', async () => {
    const { records, addOwn } = setUp();
    await addOwn('a');
    records.update('a', (run) => endRun(run, RunState.CANCELLED));
    const seen: RunEvent[] = [];
    for await (const event of records.watch('a', new AbortController().signal)) seen.push(event);
    expect(seen).toMatchObject([{ case: 'run', value: { state: RunState.CANCELLED } }]);
  });

  test('of an unknown run is told so', async () => {
    const { records } = setUp();
    await expectAppError(records.watch('x', new AbortController().signal).next(), ErrorReason.UNKNOWN_RUN);
  });

  test('ends when the signal aborts', async () => {
    const { records, addOwn } = setUp();
    await addOwn('a');
    const stop = new AbortController();
    const watch = records.watch('a', stop.signal);
    await watch.next();
    const waiting = watch.next();
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('leaves its signal alone when it is done, however it ends', async () => {
    const { records, addOwn } = setUp();
    await addOwn('a');
    const { signal } = new AbortController();
    let listeners = 0;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    const early = records.watch('a', signal);
    await early.next();
    expect(listeners).toBe(1);
    await early.return(undefined);
    expect(listeners).toBe(0);
    records.update('a', (run) => endRun(run, RunState.SUCCEEDED));
    for await (const _ of records.watch('a', signal));
    await expectAppError(records.watch('x', signal).next(), ErrorReason.UNKNOWN_RUN);
    expect(listeners).toBe(0);
  });
});
