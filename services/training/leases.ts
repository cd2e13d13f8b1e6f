import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { BytesValueSchema } from '@bufbuild/protobuf/wkt';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../app-error.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { openStore, type Store } from '../platform/bus/key-value.ts';
import { LEASE_BUCKET, LEASE_MS } from '../platform/bus/streams.ts';

/** Renewals that may get lost in a row. */
const RENEWALS_PER_LEASE = 4;

/** A lease that this process holds. */
export interface Lease {
  /** Aborts when another process may hold it. */
  readonly lost: AbortSignal;
  /** Gives it back, so that another process can have it at once. */
  release(): Promise<void>;
}

/** Whether an error says that a key was written by someone else. */
export function isTaken(error: unknown): boolean {
  return error instanceof AppError && error.reason === ErrorReason.WRONG_STATE;
}

/**
 * Leases by name. A lease is an entry that JetStream drops when it gets too old by the server's own clock, so nobody
 * compares clocks. It keeps processes out of each other's way; that a late one can change nothing is seen to where it
 * writes (RunClaim), as a lease can always run out between a look at it and a write.
 */
export class Leases {
  readonly #bus: Bus;
  readonly #store: Store<typeof BytesValueSchema>;

  constructor(bus: Bus) {
    this.#bus = bus;
    this.#store = openStore(bus, LEASE_BUCKET, BytesValueSchema);
  }

  /** Takes a lease and renews it from then on; undefined where somebody has it. */
  async acquire(name: string, signal?: AbortSignal): Promise<Lease | undefined> {
    const token = randomUUID();
    try {
      const revision = await this.#store.put(name, entryOf(token, 0), 0, signal);
      return new HeldLease(this.#store, this.#bus, name, token, revision);
    } catch (error) {
      if (isTaken(error)) return undefined;
      throw error;
    }
  }

  /** The names that are leased. */
  async held(): Promise<Set<string>> {
    return new Set((await this.#store.list()).map(({ key }) => key));
  }
}

/** Different for each write, so that a write whose answer was lost is told from another's. */
function entryOf(token: string, beat: number) {
  return { value: new TextEncoder().encode(`${token} ${beat}`) };
}

class HeldLease implements Lease {
  readonly #store: Store<typeof BytesValueSchema>;
  readonly #bus: Bus;
  readonly #name: string;
  readonly #token: string;
  readonly #lost = new AbortController();
  readonly #released = new AbortController();
  #revision: number;
  readonly #renewing: Promise<void>;

  constructor(store: Store<typeof BytesValueSchema>, bus: Bus, name: string, token: string, revision: number) {
    this.#store = store;
    this.#bus = bus;
    this.#name = name;
    this.#token = token;
    this.#revision = revision;
    this.#renewing = this.#renew();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async release(): Promise<void> {
    this.#released.abort();
    await this.#renewing;
    if (!this.lost.aborted) await this.#store.remove(this.#name, this.#revision);
  }

  async #renew(): Promise<void> {
    const { signal } = this.#released;
    for (let beat = 1; ; beat++) {
      await sleep(LEASE_MS / RENEWALS_PER_LEASE, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      try {
        await this.#beat(beat);
      } catch (error) {
        this.#lose(error);
        return;
      }
    }
  }

  /** Renews the lease, or takes it again where it ran out and nobody has taken it since. */
  async #beat(beat: number): Promise<void> {
    const value = entryOf(this.#token, beat);
    try {
      this.#revision = await this.#store.put(this.#name, value, this.#revision);
    } catch (error) {
      if (!isTaken(error)) throw error;
      this.#revision = await this.#store.put(this.#name, value, 0);
      this.#bus.log.warn({ lease: this.#name }, 'a lease had run out and was taken again');
    }
  }

  #lose(error: unknown): void {
    this.#bus.log.warn({ lease: this.#name, err: error }, 'a lease is lost');
    this.#lost.abort();
  }
}
