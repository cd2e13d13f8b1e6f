import { type Run, RunSchema } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { openStore } from '../platform/bus/key-value.ts';
import { RUN_BUCKET } from '../platform/bus/streams.ts';

/** A record as it is stored, and its place in the store's history. */
export interface StoredRun {
  readonly run: Run;
  readonly revision: number;
}

/** Where records are kept, for this process and all others. */
export interface RunStore {
  get(id: string): Promise<StoredRun | undefined>;
  /**
   * Writes a record, as it is at the time of the call, where `revision` is still the newest, 0 for none; returns the new
   * one. WRONG_STATE otherwise.
   */
  put(run: Run, revision: number, signal?: AbortSignal): Promise<number>;
  list(): Promise<StoredRun[]>;
  /** All records, then each change, whoever makes it. */
  watch(signal: AbortSignal): AsyncIterable<StoredRun>;
}

/** The store on the bus. */
export function runStore(bus: Bus): RunStore {
  const store = openStore(bus, RUN_BUCKET, RunSchema);
  const storedRun = ({ value: run, revision }: { value: Run; revision: number }): StoredRun => ({ run, revision });
  return {
    get: async (id) => {
      const entry = await store.get(id);
      return entry && storedRun(entry);
    },
    put: (run, revision, signal) => store.put(run.id, run, revision, signal),
    list: async () => (await store.list()).map(storedRun),
    async *watch(signal) {
      for await (const entry of store.watch({ signal })) yield storedRun(entry);
    },
  };
}
