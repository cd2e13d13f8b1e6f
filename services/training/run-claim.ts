import { randomUUID } from 'node:crypto';
import type { Log } from '../platform/log.ts';
import { isTaken, type Lease, type Leases } from './leases.ts';
import type { Ownership, RunStates, StateFile } from './run-states.ts';

/** Where runs are claimed. */
export interface ClaimDependencies {
  readonly leases: Leases;
  readonly states: RunStates;
  readonly log: Log;
}

/** Claims one process makes while others make theirs; each means that somebody else got on. */
const MAX_TRIES = 5;

/** Takes a run for this process; undefined where another has it. */
export async function claimRun(
  dependencies: ClaimDependencies,
  runId: string,
  signal?: AbortSignal,
): Promise<RunClaim | undefined> {
  const { leases, states } = dependencies;
  const lease = await leases.acquire(runId, signal);
  if (!lease) return undefined;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const before = await states.get(runId);
    const value: Ownership = { ...before?.value, owner: randomUUID(), starts: (before?.value.starts ?? 0) + 1 };
    try {
      const revision = await states.put(runId, value, before?.revision ?? 0);
      return new RunClaim(dependencies, runId, lease, value, revision);
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
  await lease.release();
  return undefined;
}

/**
 * A run that this process trains. Taking it has written its ownership, so whoever had it before finds each further write
 * of his refused: the revision is the fencing token. The lease only keeps others from taking the run meanwhile.
 */
export class RunClaim {
  readonly runId: string;
  readonly #dependencies: ClaimDependencies;
  readonly #lease: Lease;
  readonly #lost = new AbortController();
  #value: Ownership;
  #revision: number;

  constructor(dependencies: ClaimDependencies, runId: string, lease: Lease, value: Ownership, revision: number) {
    this.#dependencies = dependencies;
    this.runId = runId;
    this.#lease = lease;
    this.#value = value;
    this.#revision = revision;
  }

  /** Aborts when another process may have the run. */
  get lost(): AbortSignal {
    return AbortSignal.any([this.#lease.lost, this.#lost.signal]);
  }

  /** The state to go on from. */
  get state(): StateFile | undefined {
    return this.#value.state;
  }

  /** How many processes have taken the run since it last got on, this one included. */
  get starts(): number {
    return this.#value.starts;
  }

  /** Makes a state the one to go on from, and deletes the one before. WRONG_STATE where the run is another's by now. */
  async commit(file: Uint8Array): Promise<void> {
    const { states } = this.#dependencies;
    const before = this.#value.state;
    const state = await states.store(this.runId, file);
    try {
      await this.#write({ ...this.#value, starts: 0, state });
    } catch (error) {
      await states.delete(state.name);
      throw error;
    }
    if (before) await states.delete(before.name);
  }

  /** Whether the run is still this process's. */
  async isValid(): Promise<boolean> {
    const present = await this.#dependencies.states.get(this.runId);
    if (present?.revision !== this.#revision) this.#lost.abort();
    return !this.#lost.signal.aborted;
  }

  /** Deletes what a process before left unfinished. */
  tidy(): Promise<void> {
    return this.#dependencies.states.tidy(this.runId, this.state);
  }

  /** Gives the run back, to be gone on with. */
  async release(): Promise<void> {
    // ending in order is no failed start
    if (!this.lost.aborted) await this.#write({ ...this.#value, starts: 0 }).catch((error) => this.#ignoreLost(error));
    await this.#lease.release();
  }

  /** Removes all that is kept to go on with the run: it has ended. */
  async finish(): Promise<void> {
    if (await this.isValid()) await this.#dependencies.states.remove(this.runId, this.#revision);
    await this.#lease.release();
  }

  async #write(value: Ownership): Promise<void> {
    try {
      this.#revision = await this.#dependencies.states.put(this.runId, value, this.#revision);
      this.#value = value;
    } catch (error) {
      if (isTaken(error)) this.#lost.abort();
      throw error;
    }
  }

  #ignoreLost(error: unknown): void {
    if (!isTaken(error)) throw error;
    this.#dependencies.log.info({ run: this.runId }, 'the run is another process’s by now');
  }
}
