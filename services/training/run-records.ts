import { EventEmitter, on } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { clone, create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { type Run, RunFailureSchema, RunSchema, RunState } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { EpochProgress } from '../../proto/gen/winnow/v1/training_service_pb.ts';
import { AppError } from '../app-error.ts';
import type { Log } from '../platform/log.ts';
import { isTaken } from './leases.ts';
import type { RunStore, StoredRun } from './run-store.ts';

/** What a watcher of a run is told. */
export type RunEvent =
  | { readonly case: 'run'; readonly value: Run }
  | { readonly case: 'progress'; readonly value: EpochProgress };

/** A process's right to change a run's record. */
export interface RunOwner {
  isValid(): Promise<boolean>;
}

interface Held {
  run: Run;
  /** Of what is stored; `run` may be ahead of it. */
  revision: number;
  /** Where this process trains the run. */
  owner?: RunOwner | undefined;
  writing?: Promise<void> | undefined;
  dirty: boolean;
}

const ENDED: ReadonlySet<RunState> = new Set([RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED]);

/** Between attempts to write a record that the store refuses, as a full one does. */
const RETRY_MS = 2_000;

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

/**
 * The records of all runs, as far as this process knows them: those that it trains, it changes and writes; changes of
 * the others come from the store. Watchers are told of both.
 */
export class RunRecords {
  readonly #held = new Map<string, Held>();
  readonly #store: RunStore;
  readonly #log: Log;
  readonly #events = new EventEmitter();
  readonly #closed = new AbortController();

  constructor(store: RunStore, log: Log) {
    this.#store = store;
    this.#log = log;
    // one listener per watcher, without a limit of its own
    this.#events.setMaxListeners(0);
  }

  /** Reads what there is; then follows what others change, until the signal. */
  async load(signal: AbortSignal): Promise<void> {
    for (const stored of await this.#store.list()) this.#adopt(stored);
    void this.#follow(signal);
  }

  /** Adds a run; resolves once it is stored. */
  async add(run: Run, signal?: AbortSignal): Promise<void> {
    const revision = await this.#store.put(run, 0, signal);
    this.#adopt({ run: clone(RunSchema, run), revision });
  }

  /** A run's record as it stands. UNKNOWN_RUN. */
  get(id: string): Run {
    return this.#heldOf(id).run;
  }

  /** A run's record as it stands, also where another process has made it just now. UNKNOWN_RUN. */
  async find(id: string): Promise<Run> {
    if (!this.#held.has(id)) {
      const stored = await this.#store.get(id);
      if (stored) this.#adopt(stored);
    }
    return this.get(id);
  }

  /** All runs, newest first. */
  list(): Run[] {
    const runs = [...this.#held.values()].map(({ run }) => run);
    return runs.sort((a, b) => Number(createdAt(b) - createdAt(a)) || (a.id < b.id ? 1 : -1));
  }

  /** From now on this process changes a run's record, starting from what is stored. UNKNOWN_RUN. */
  async own(id: string, owner: RunOwner): Promise<Run> {
    const stored = await this.#store.get(id);
    if (!stored) throw unknown(id);
    const held = this.#held.get(id);
    if (held) Object.assign(held, stored, { owner });
    else this.#held.set(id, { ...stored, owner, dirty: false });
    return stored.run;
  }

  /** From now on the store says how a run's record stands. */
  async disown(id: string): Promise<void> {
    const held = this.#held.get(id);
    if (!held) return;
    held.owner = undefined;
    const stored = await this.#store.get(id);
    if (stored && stored.revision > held.revision) this.#take(held, stored);
  }

  /** Changes the record of a run that this process trains; an ended run stays as it is. */
  update(id: string, change: (run: Run) => void): void {
    const held = this.#heldOf(id);
    if (hasEnded(held.run)) return;
    change(held.run);
    this.#tell(held.run);
    held.dirty = true;
    held.writing ??= this.#write(held).finally(() => {
      held.writing = undefined;
    });
  }

  /** Ends a run, whoever trains it; resolves to its record once that is stored. An ended run stays as it is. UNKNOWN_RUN. */
  async end(id: string, state: RunState, signal?: AbortSignal): Promise<Run> {
    for (;;) {
      signal?.throwIfAborted();
      const stored = await this.#store.get(id);
      if (!stored) throw unknown(id);
      const run = clone(RunSchema, stored.run);
      if (hasEnded(run)) return run;
      endRun(run, state);
      try {
        const revision = await this.#store.put(run, stored.revision, signal);
        const held = this.#held.get(id);
        if (held) this.#take(held, { run, revision });
        return run;
      } catch (error) {
        if (!isTaken(error)) throw error;
      }
    }
  }

  /** Tells watchers of progress; nothing is stored. */
  progress(id: string, value: EpochProgress): void {
    this.#events.emit(id, { case: 'progress', value } satisfies RunEvent);
  }

  /** Whether this process trains a run. */
  isOwn(id: string): boolean {
    return this.#held.get(id)?.owner !== undefined;
  }

  /** Calls back whenever a record changes, until told to stop. */
  onChange(listener: (run: Run) => void): () => void {
    this.#events.on('change', listener);
    return () => this.#events.off('change', listener);
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

  /** Resolves once every change that this process made to a run is in the store, or was dropped for another's. */
  async flushed(id: string): Promise<void> {
    await this.#held.get(id)?.writing;
  }

  /** Stops trying to write what the store refuses. */
  close(): void {
    this.#closed.abort();
  }

  #heldOf(id: string): Held {
    const held = this.#held.get(id);
    if (!held) throw unknown(id);
    return held;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    try {
      for await (const stored of this.#store.watch(signal)) this.#adopt(stored);
    } catch (error) {
      if (!signal.aborted) this.#log.fatal({ err: error }, 'changes of runs are no longer followed');
    }
  }

  /** Takes over what is stored, where that is news. */
  #adopt(stored: StoredRun): void {
    const { run, revision } = stored;
    const held = this.#held.get(run.id);
    if (!held) {
      this.#held.set(run.id, { run, revision, dirty: false });
      this.#tell(run);
    } else if (revision > held.revision && !held.writing && (!held.owner || hasEnded(run))) {
      // while this process writes, its own write decides: it fails where somebody was faster
      this.#take(held, stored);
    }
  }

  #take(held: Held, { run, revision }: StoredRun): void {
    if (revision <= held.revision) return;
    Object.assign(held, { run, revision, dirty: false });
    this.#tell(run);
  }

  #tell(run: Run): void {
    this.#events.emit(run.id, { case: 'run', value: clone(RunSchema, run) } satisfies RunEvent);
    this.#events.emit('change', run);
  }

  /** Writes until what is stored is what is held; changes made meanwhile go into the next write. */
  async #write(held: Held): Promise<void> {
    while (held.dirty) {
      held.dirty = false;
      try {
        await this.#writeOnce(held);
      } catch (error) {
        held.dirty = await this.#mayTryAgain(held.run, error);
      }
    }
  }

  async #writeOnce(held: Held): Promise<void> {
    try {
      const revision = await this.#store.put(held.run, held.revision);
      held.revision = Math.max(held.revision, revision);
    } catch (error) {
      if (!isTaken(error)) throw error;
      await this.#resolve(held);
    }
  }

  /** After somebody else's write: an end stands, and so does the word of who trains the run by now. */
  async #resolve(held: Held): Promise<void> {
    const stored = await this.#store.get(held.run.id);
    const isMine = !stored || (!hasEnded(stored.run) && (await held.owner?.isValid()));
    if (isMine) {
      held.revision = stored?.revision ?? 0;
      held.dirty = true;
    } else if (stored) {
      this.#take(held, stored);
    }
  }

  async #mayTryAgain(run: Run, error: unknown): Promise<boolean> {
    const { signal } = this.#closed;
    if (!signal.aborted) {
      this.#log.error({ run: run.id, err: error }, 'the run record could not be stored; trying again');
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    }
    if (signal.aborted) this.#log.error({ run: run.id, err: error }, 'the run record could not be stored');
    return !signal.aborted;
  }
}

function unknown(id: string): AppError {
  return new AppError(ErrorReason.UNKNOWN_RUN, `no run has the id '${id}'; ListRuns shows them`);
}
