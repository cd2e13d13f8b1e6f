import { setImmediate } from 'node:timers/promises';
import { clone, create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { type Run, RunSchema, RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { EpochProgressSchema } from '../../../proto/gen/winnow/v1/training_service_pb.ts';
import { AppError } from '../../../services/app-error.ts';
import { endRun, type RunEvent, RunRecords, type RunStore } from '../../../services/training/run-records.ts';
import { expectAppError } from '../dataset/fixtures/expect-app-error.ts';
import { capturedLog } from '../platform/captured-log.ts';
import { refusal } from '../spec/refusal.ts';

/** A store in memory: each write waits until the test lets it through, and may fail. */
class HandStore implements RunStore {
  readonly written: Run[] = [];
  readonly left: Run[] = [];
  failure: Error | undefined;
  held = false;
  #release: () => void = () => {};

  async put(_id: string, run: Run): Promise<void> {
    const copy = clone(RunSchema, run);
    if (this.held) {
      await new Promise<void>((resolve) => {
        this.#release = resolve;
      });
    }
    if (this.failure) throw this.failure;
    this.written.push(copy);
  }

  async list(): Promise<Run[]> {
    return this.left;
  }

  release(): void {
    this.held = false;
    this.#release();
  }
}

const newRun = (id: string, created = 0) =>
  create(RunSchema, { id, state: RunState.QUEUED, createdAt: timestampFromDate(new Date(created)) });

function setUp() {
  const store = new HandStore();
  const { log, lines } = capturedLog();
  return { store, lines, records: new RunRecords(store, log) };
}

const finishEpoch = (epoch: number) => (run: Run) => {
  run.state = RunState.RUNNING;
  run.epochsDone = epoch + 1;
};

describe('run records', () => {
  test('hold runs, newest first, also within a second', () => {
    const { records } = setUp();
    for (const [id, created] of [
      ['b', 1_700_000_000_500],
      ['d', 1_700_000_000_501],
      ['a', 1_700_000_000_502],
      ['c', 1_699_000_000_999],
      ['e', 1_700_000_000_501],
    ] as const) {
      records.add(newRun(id, created));
    }
    expect(records.list().map(({ id }) => id)).toEqual(['a', 'e', 'd', 'b', 'c']);
    expect(records.get('d').id).toBe('d');
    const error = refusal(() => records.get('x'));
    expect(error.reason).toBe(ErrorReason.UNKNOWN_RUN);
    expect(error.message).toContain("'x'");
  });

  test('take over what an earlier process left', async () => {
    const { store, records } = setUp();
    store.left.push(newRun('a', 1), newRun('b', 2));
    expect((await records.load()).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(records.get('b').state).toBe(RunState.QUEUED);
  });

  test.each([RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED])(
    'leave an ended run (state %d) as it is',
    async (state) => {
      const { store, records } = setUp();
      records.add(newRun('a'));
      records.update('a', (run) => endRun(run, state));
      await records.flushed();
      records.update('a', finishEpoch(4));
      await records.flushed();
      expect(records.get('a')).toMatchObject({ state, epochsDone: 0 });
      expect(records.get('a').endedAt).toBeDefined();
      expect(store.written).toHaveLength(1);
    },
  );

  test('keep why a run failed', () => {
    const { records } = setUp();
    records.add(newRun('a'));
    const failure = { reason: ErrorReason.DIVERGED, message: 'the loss became NaN' };
    records.update('a', (run) => endRun(run, RunState.FAILED, failure));
    expect(records.get('a').failure).toMatchObject(failure);
  });
});

describe('the store', () => {
  test('gets every run and its last state; changes made meanwhile go into one write', async () => {
    const { store, records } = setUp();
    store.held = true;
    records.add(newRun('a'));
    records.add(newRun('b'));
    await setImmediate();
    for (let epoch = 0; epoch < 10; epoch++) records.update('a', finishEpoch(epoch));
    store.release();
    await records.flushed();
    expect(store.written.map(({ id, epochsDone }) => [id, epochsDone])).toEqual([
      ['a', 0],
      ['b', 0],
      ['a', 10],
    ]);
  });

  test('that fails is logged, and written to again', async () => {
    const { store, records, lines } = setUp();
    store.failure = new AppError(ErrorReason.OVERLOADED, 'full');
    records.add(newRun('a'));
    await records.flushed();
    expect(lines).toMatchObject([{ run: 'a', msg: 'the run record could not be stored', err: { message: 'full' } }]);
    store.failure = undefined;
    records.update('a', finishEpoch(0));
    await records.flushed();
    expect(store.written.map(({ epochsDone }) => epochsDone)).toEqual([1]);
  });

  test('is not written to for progress', async () => {
    const { store, records } = setUp();
    records.add(newRun('a'));
    await records.flushed();
    records.progress('a', create(EpochProgressSchema, { done: 1, total: 2 }));
    await records.flushed();
    expect(store.written).toHaveLength(1);
  });
});

describe('a watcher', () => {
  const brief = (event: RunEvent) => (event.case === 'run' ? event.value.epochsDone : `${event.value.done}`);

  test('sees the run as it stands and then all that happens, in order, to the end', async () => {
    const { records } = setUp();
    records.add(newRun('a'));
    records.add(newRun('b'));
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
    const { records } = setUp();
    records.add(newRun('a'));
    const watch = records.watch('a', new AbortController().signal);
    const first = (await watch.next()).value as Extract<RunEvent, { case: 'run' }>;
    records.update('a', finishEpoch(0));
    expect(first.value.epochsDone).toBe(0);
    await watch.return(undefined);
  });

  test('of an ended run gets it once', async () => {
    const { records } = setUp();
    records.add(newRun('a'));
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
    const { records } = setUp();
    records.add(newRun('a'));
    const stop = new AbortController();
    const watch = records.watch('a', stop.signal);
    await watch.next();
    const waiting = watch.next();
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('leaves its signal alone when it is done, however it ends', async () => {
    const { records } = setUp();
    records.add(newRun('a'));
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
