import { randomUUID } from 'node:crypto';
import { BytesValueSchema } from '@bufbuild/protobuf/wkt';
import { z } from 'zod';
import type { Bus } from '../platform/bus/connection.ts';
import { type Entry, openStore, type Store } from '../platform/bus/key-value.ts';
import { deleteObject, getObject, listObjects, putObject } from '../platform/bus/objects.ts';
import { CHECKPOINT_BUCKET, RUN_STATE_BUCKET } from '../platform/bus/streams.ts';

const stateFile = z.object({ name: z.string(), sha256: z.string() });
const ownership = z.object({
  /** Different for each process that takes the run, and each time that it does. */
  owner: z.string(),
  /** Times that the run was taken since it last got on. */
  starts: z.number(),
  state: stateFile.optional(),
});

/** A state's file in the checkpoint store. */
export type StateFile = z.infer<typeof stateFile>;
/** Who trains a run, and from which state it goes on. */
export type Ownership = z.infer<typeof ownership>;

/** An ownership and its place in the bucket's history. */
export interface OwnershipEntry {
  readonly runId: string;
  readonly value: Ownership;
  readonly revision: number;
}

/** State files share the checkpoint store, whose other names are SHA-256. */
const PREFIX = 'state.';

const prefixOf = (runId: string) => `${PREFIX}${runId}.`;

/** States of runs: files, and who may point a run to one. */
export class RunStates {
  readonly #bus: Bus;
  readonly #store: Store<typeof BytesValueSchema>;

  constructor(bus: Bus) {
    this.#bus = bus;
    this.#store = openStore(bus, RUN_STATE_BUCKET, BytesValueSchema);
  }

  async get(runId: string): Promise<OwnershipEntry | undefined> {
    const entry = await this.#store.get(runId);
    return entry && decode(entry);
  }

  async list(): Promise<OwnershipEntry[]> {
    return (await this.#store.list()).map(decode);
  }

  /** Writes an ownership where `revision` is still the newest, 0 for none; returns the new one. WRONG_STATE otherwise. */
  put(runId: string, value: Ownership, revision: number): Promise<number> {
    return this.#store.put(runId, { value: new TextEncoder().encode(JSON.stringify(value)) }, revision);
  }

  /** Removes an ownership and the files that it left. */
  async remove(runId: string, revision: number): Promise<void> {
    await this.#store.remove(runId, revision);
    await this.tidy(runId);
  }

  /** Stores a state under a name that no other has. */
  async store(runId: string, file: Uint8Array): Promise<StateFile> {
    const name = prefixOf(runId) + randomUUID();
    const { sha256 } = await putObject(this.#bus, CHECKPOINT_BUCKET, name, file);
    return { name, sha256 };
  }

  fetch({ name, sha256 }: StateFile, signal?: AbortSignal): Promise<Uint8Array> {
    return getObject(this.#bus, CHECKPOINT_BUCKET, name, { sha256, signal });
  }

  /** Deletes a run's files, except for one. */
  async tidy(runId: string, kept?: StateFile): Promise<void> {
    const prefix = prefixOf(runId);
    for (const name of await listObjects(this.#bus, CHECKPOINT_BUCKET)) {
      if (name.startsWith(prefix) && name !== kept?.name) await this.delete(name);
    }
  }

  delete(name: string): Promise<void> {
    return deleteObject(this.#bus, CHECKPOINT_BUCKET, name);
  }
}

function decode({ key, value, revision }: Entry<typeof BytesValueSchema>): OwnershipEntry {
  const parsed = ownership.parse(JSON.parse(Buffer.from(value.value).toString()));
  return { runId: key, value: parsed, revision };
}
