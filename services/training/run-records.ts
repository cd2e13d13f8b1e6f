import { EventEmitter, on } from 'node:events';
import { clone, create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { type Run, RunFailureSchema, RunSchema, RunState } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { EpochProgress } from '../../proto/gen/winnow/v1/training_service_pb.ts';
import { AppError } from '../app-error.ts';
import type { Log } from '../platform/log.ts';

/** Where records are kept for the next process. */
export interface RunStore {
  /** Writes a record as it is at the time of the call. */
  put(id: string, run: Run): Promise<void>;
  list(): Promise<Run[]>;
}

/** What a watcher of a run is told. */
export type RunEvent =
  | { readonly case: 'run'; readonly value: Run }
  | { readonly case: 'progress'; readonly value: EpochProgress };

const ENDED: ReadonlySet<RunState> = new Set([RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED]);

/** Whether a run's state never changes again. */
export function hasEnded({ state }: Run): boolean {
  return ENDED.has(state);
}

/** Brings a run to its end: for RunRecords.update. */
export function endRun(run: Run, state: RunState, failure?: MessageInitShape<typeof RunFailureSchema>): void {
  run.state = state;
  run.endedAt = timestampNow();
  if (failure) run.failure = create(RunFailureSchema, failure);
}

const NANOSECONDS = 1_000_000_000n;

function createdAt({ createdAt: at }: Run): bigint {
  return at ? at.seconds * NANOSECONDS + BigInt(at.nanos) : 0n;
}

/** Holds the records of all runs, writes each change to the store and tells watchers. */
export class RunRecords {
  readonly #runs = new Map<string, Run>();
  readonly #store: RunStore;
  readonly #log: Log;
  readonly #events = new EventEmitter();
  readonly #dirty = new Set<string>();
  #writing: Promise<void> = Promise.resolve();

  constructor(store: RunStore, log: Log) {
    this.#store = store;
    this.#log = log;
    // one listener per watcher, without a limit of its own
    this.#events.setMaxListeners(0);
  }

  /** Reads what earlier processes left. */
  async load(): Promise<Run[]> {
    for (const run of await this.#store.list()) this.#runs.set(run.id, run);
    return [...this.#runs.values()];
  }

  /** Adds a run. */
  add(run: Run): void {
    this.#runs.set(run.id, run);
    this.#changed(run);
  }

  /** A run's record as it stands. UNKNOWN_RUN. */
  get(id: string): Run {
    const run = this.#runs.get(id);
    if (!run) throw new AppError(ErrorReason.UNKNOWN_RUN, `no run has the id '${id}'; ListRuns shows them`);
    return run;
  }

  /** All runs, newest first. */
  list(): Run[] {
    return [...this.#runs.values()].sort((a, b) => Number(createdAt(b) - createdAt(a)) || (a.id < b.id ? 1 : -1));
  }

  /** Changes a run's record; an ended run stays as it is. */
  update(id: string, change: (run: Run) => void): void {
    const run = this.get(id);
    if (hasEnded(run)) return;
    change(run);
    this.#changed(run);
  }

  /** Tells watchers of progress; nothing is stored. */
  progress(id: string, value: EpochProgress): void {
    this.#events.emit(id, { case: 'progress', value } satisfies RunEvent);
  }

  /**
   * A run as it stands, then everything that happens to it, until it has ended. UNKNOWN_RUN; AbortError once the
   * signal aborts.
   */
  async *watch(id: string, signal: AbortSignal): AsyncGenerator<RunEvent> {
    const now = clone(RunSchema, this.get(id));
    // listens before the first yield, so that nothing is missed while the reader is at it
    const events = on(this.#events, id, { signal });
    try {
      yield { case: 'run', value: now };
      if (hasEnded(now)) return;
      for await (const [event] of events as AsyncIterable<[RunEvent]>) {
        yield event;
        if (event.case === 'run' && hasEnded(event.value)) return;
      }
    } finally {
      await events.return?.();
    }
  }

  /** Resolves once every change made so far is in the store, or was logged as failed. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  #changed(run: Run): void {
    this.#events.emit(run.id, { case: 'run', value: clone(RunSchema, run) } satisfies RunEvent);
    if (this.#dirty.has(run.id)) return;
    this.#dirty.add(run.id);
    this.#writing = this.#writing.then(() => this.#write(run));
  }

  async #write(run: Run): Promise<void> {
    // changes made while this waits for the store are written with it or by the next write
    this.#dirty.delete(run.id);
    try {
      await this.#store.put(run.id, run);
    } catch (error) {
      this.#log.error({ run: run.id, err: error }, 'the run record could not be stored');
    }
  }
}
