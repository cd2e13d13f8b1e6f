import { setImmediate } from 'node:timers/promises';
import { clone } from '@bufbuild/protobuf';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { type Run, RunSchema } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { AppError } from '../../../services/app-error.ts';
import type { RunStore, StoredRun } from '../../../services/training/run-store.ts';

/** A store of records in memory, shared by as many processes as a test has; writes may fail, and wait until let through. */
export class MemoryRunStore implements RunStore {
  readonly #stored = new Map<string, StoredRun>();
  readonly #log: StoredRun[] = [];
  /** Every record that was written, in order. */
  readonly written: Run[] = [];
  /** What the next writes fail with. */
  failure: Error | undefined;
  held = false;
  #release: () => void = () => {};

  async get(id: string): Promise<StoredRun | undefined> {
    const stored = this.#stored.get(id);
    return stored && copyOf(stored);
  }

  async put(run: Run, revision: number): Promise<number> {
    const copy = clone(RunSchema, run);
    if (this.held) {
      await new Promise<void>((resolve) => {
        this.#release = resolve;
      });
    }
    if (this.failure) throw this.failure;
    if ((this.#stored.get(run.id)?.revision ?? 0) !== revision) {
      throw new AppError(ErrorReason.WRONG_STATE, `${run.id} was changed by someone else`);
    }
    const stored = { run: copy, revision: this.#log.length + 1 };
    this.#stored.set(run.id, stored);
    this.#log.push(stored);
    this.written.push(copy);
    return stored.revision;
  }

  async list(): Promise<StoredRun[]> {
    return [...this.#stored.values()].map(copyOf);
  }

  async *watch(signal: AbortSignal): AsyncGenerator<StoredRun> {
    for (let next = 0; !signal.aborted; await setImmediate()) {
      for (; next < this.#log.length; next++) yield copyOf(this.#log[next]);
    }
  }

  release(): void {
    this.held = false;
    this.#release();
  }
}

function copyOf({ run, revision }: StoredRun): StoredRun {
  return { run: clone(RunSchema, run), revision };
}
