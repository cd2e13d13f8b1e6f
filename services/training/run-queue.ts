import { setTimeout as sleep } from 'node:timers/promises';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { Run } from '../../proto/gen/winnow/v1/run_pb.ts';
import { RunState } from '../../proto/gen/winnow/v1/run_pb.ts';
import { AppError, cancelled } from '../app-error.ts';
import { currentTraceparent, withTraceparent } from '../platform/telemetry/trace.ts';
import type { Leases } from './leases.ts';
import { claimRun, type RunClaim } from './run-claim.ts';
import { type ExecutorDependencies, RunExecutor } from './run-executor.ts';
import { hasEnded } from './run-records.ts';
import { withdrawRequests } from './selection-requests.ts';

/** Runs that may wait for a device; more are refused, since each would wait for days. */
const MAX_QUEUED = 100;

/** How often a process without a run looks for one that nobody trains any more. */
const LOOK_MS = 1_000;
/**
 * How long a run has to be seen without a lease before it is taken over. When NATS was away for longer than leases last,
 * those who train go on with their runs within this time.
 */
const ORPHANED_MS = 2_000;

/** How long handing over may take; while the bus is away it can't be done, and the lease runs out by itself. */
const CLOSE_MS = 8_000;

/** What a queue works with. */
export interface QueueDependencies extends ExecutorDependencies {
  readonly leases: Leases;
}

/**
 * The queue of runs that all training processes share: each takes the oldest run that nobody trains, trains it to its
 * end, and takes the next.
 */
export class RunQueue {
  readonly #dependencies: QueueDependencies;
  /** Traces of the calls that made runs, where this process took those calls. */
  readonly #traces = new Map<string, string>();
  /** Since when runs were seen without a lease, by a clock that nobody sets. */
  readonly #orphans = new Map<string, number>();
  readonly #closed = new AbortController();
  #current: RunExecutor | undefined;
  #wake: () => void = () => {};
  #working: Promise<void> = Promise.resolve();

  constructor(dependencies: QueueDependencies) {
    this.#dependencies = dependencies;
  }

  /** Begins to take runs. */
  start(): void {
    this.#working = this.#work();
  }

  /**
   * Queues a run, which is stored when this resolves; where this process trains it, it stays in the trace of the call.
   * OVERLOADED where the queue is full; CANCELLED after close.
   */
  async enqueue(run: Run, signal?: AbortSignal): Promise<void> {
    const { records } = this.#dependencies;
    if (this.#closed.signal.aborted) {
      throw cancelled('the training service is shutting down; create the run again later');
    }
    if (records.list().filter((other) => !hasEnded(other)).length >= MAX_QUEUED) {
      throw new AppError(
        ErrorReason.OVERLOADED,
        `${MAX_QUEUED} runs are waiting already; cancel some or try again later`,
      );
    }
    const traceparent = currentTraceparent();
    if (traceparent) this.#traces.set(run.id, traceparent);
    await records.add(run, signal);
    this.#wake();
  }

  /** Stops a run, whoever trains it; it ends as CANCELLED at once, its worker within a mini-batch. */
  async cancel(id: string, signal?: AbortSignal): Promise<Run> {
    const { bus, records } = this.#dependencies;
    const run = await records.end(id, RunState.CANCELLED, signal);
    await withdrawRequests(bus, id);
    return run;
  }

  /** Takes no further run, and hands the present one over. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#current?.handOver();
    this.#wake();
    const timeUp = sleep(CLOSE_MS, 'time is up' as const, { ref: false });
    if ((await Promise.race([this.#working, timeUp])) === undefined) return;
    this.#dependencies.log.warn('the present run could not be handed over; another goes on from its last state');
  }

  async #work(): Promise<void> {
    const { records, log } = this.#dependencies;
    await this.#tidy().catch((error: unknown) => log.warn({ err: error }, 'what ended runs left is not removed'));
    const stop = records.onChange(() => this.#wake());
    while (!this.#closed.signal.aborted) {
      const woken = this.#nextWake();
      const claim = await this.#take().catch((error: unknown) => {
        log.error({ err: error }, 'no run can be taken; trying again');
        return undefined;
      });
      if (claim) await this.#execute(claim);
      else await woken;
    }
    stop();
  }

  async #execute(claim: RunClaim): Promise<void> {
    const executor = new RunExecutor(this.#dependencies, claim);
    this.#current = executor;
    if (this.#closed.signal.aborted) executor.handOver();
    const traceparent = this.#traces.get(claim.runId);
    this.#traces.delete(claim.runId);
    await withTraceparent(traceparent, () => executor.execute());
    this.#current = undefined;
  }

  /** The oldest run that can be had. */
  async #take(): Promise<RunClaim | undefined> {
    const { records, leases } = this.#dependencies;
    const open = records.list().filter((run) => !hasEnded(run));
    const leased = open.some(isBegun) ? await leases.held() : new Set<string>();
    for (const run of open.reverse()) {
      if (this.#closed.signal.aborted) return undefined;
      if (isBegun(run) && !this.#isOrphaned(run.id, leased)) continue;
      const claim = await claimRun(this.#dependencies, run.id);
      if (claim) {
        this.#orphans.delete(run.id);
        return claim;
      }
    }
    return undefined;
  }

  #isOrphaned(id: string, leased: ReadonlySet<string>): boolean {
    if (leased.has(id)) {
      this.#orphans.delete(id);
      return false;
    }
    const since = this.#orphans.get(id) ?? performance.now();
    this.#orphans.set(id, since);
    return performance.now() - since >= ORPHANED_MS;
  }

  /** Resolves when a record has changed since the call, or it is time to look for orphans. */
  #nextWake(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Removes what processes left that were ended between a run's end and that of its state. */
  async #tidy(): Promise<void> {
    const { records, states } = this.#dependencies;
    for (const { runId, revision } of await states.list()) {
      const run = records.list().find(({ id }) => id === runId);
      if (!run || hasEnded(run)) await states.remove(runId, revision);
    }
  }
}

/** Whether somebody trains a run, or was at it. */
function isBegun({ state }: Run): boolean {
  return state !== RunState.QUEUED;
}
