import { timestampNow } from '@bufbuild/protobuf/wkt';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { type Run, RunState } from '../../proto/gen/winnow/v1/run_pb.ts';
import { EpochProgressSchema } from '../../proto/gen/winnow/v1/training_service_pb.ts';
import { AppError, cancelled } from '../app-error.ts';
import { broadcast } from '../platform/bus/broadcast.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { runProgressSubject } from '../platform/bus/streams.ts';
import type { Log } from '../platform/log.ts';
import { withSpan } from '../platform/telemetry/trace.ts';
import type { WorkThread } from '../platform/thread/work-thread.ts';
import { deleteFiles } from './delete-files.ts';
import { IndexSetInbox } from './index-set-inbox.ts';
import { filesOf } from './round-files.ts';
import type { RunClaim } from './run-claim.ts';
import type { TrainProgress, TrainQuestion, TrainResult } from './run-messages.ts';
import { RunMetrics } from './run-metrics.ts';
import { endRun, hasEnded, type RunRecords } from './run-records.ts';
import type { RunStates } from './run-states.ts';
import { applyPrepared, applyProgress, applyResult, applySaved } from './run-updates.ts';
import { requestSelection, storeCheckpoint, storeSelectionFiles, withdrawRequests } from './selection-requests.ts';

/** What executing a run works with. */
export interface ExecutorDependencies {
  readonly bus: Bus;
  readonly thread: WorkThread;
  readonly records: RunRecords;
  readonly states: RunStates;
  readonly log: Log;
}

/** Processes that a run may end, or that may be ended under it, before it gets on; more, and it never will. */
const MAX_STARTS = 20;

/** How long a run may take to come to a safe point when it is handed over; mini-batches take less. */
const HAND_OVER_MS = 5_000;

/** Trains one run that this process has claimed, to its end, or until it is handed over or lost. */
export class RunExecutor {
  readonly #dependencies: ExecutorDependencies;
  readonly #claim: RunClaim;
  readonly #id: string;
  /** Aborted where the run has to stop at once. */
  readonly #stop = new AbortController();
  /** Aborted where it is to be handed over. */
  readonly #handOver = new AbortController();
  /** Aborted when all is over. */
  readonly #done = new AbortController();
  /** Files in the checkpoint store that the run's rounds are scored with. */
  readonly #files = new Set<string>();
  #saving: Promise<void> = Promise.resolve();
  #metrics: RunMetrics | undefined;

  constructor(dependencies: ExecutorDependencies, claim: RunClaim) {
    this.#dependencies = dependencies;
    this.#claim = claim;
    this.#id = claim.runId;
  }

  /** Resolves when this process is done with the run; never rejects. */
  async execute(): Promise<void> {
    const { records, log } = this.#dependencies;
    const { lost } = this.#claim;
    lost.addEventListener('abort', () => this.#stop.abort(), { once: true });
    if (lost.aborted) this.#stop.abort();
    const unwatch = records.onChange((run) => {
      if (run.id !== this.#id) return;
      if (run.state === RunState.CANCELLED) this.#stop.abort();
      if (!lost.aborted) this.#metrics?.record(run);
    });
    try {
      await this.#train();
      await this.#settle();
    } catch (error) {
      // what is left goes by itself: the lease runs out, and whoever takes the run next tidies up
      log.error({ run: this.#id, err: error }, 'a run could not be brought to its end');
    } finally {
      unwatch();
      this.#metrics?.close(!lost.aborted && hasEnded(records.get(this.#id)));
      this.#done.abort(cancelled('the run has ended'));
      await records.disown(this.#id).catch(() => {});
    }
  }

  /** Has the run stopped at the next safe point, or in a few seconds at the state before it. */
  handOver(): void {
    this.#handOver.abort(cancelled('the run is handed over'));
    setTimeout(() => this.#stop.abort(), HAND_OVER_MS).unref();
  }

  async #train(): Promise<void> {
    const { records, log } = this.#dependencies;
    const { starts, state } = this.#claim;
    const run = await records.own(this.#id, this.#claim);
    if (hasEnded(run)) return;
    log.info({ run: this.#id, goesOn: state !== undefined }, 'run taken');
    const attributes = { 'winnow.run_id': this.#id, 'winnow.dataset': run.spec!.dataset!.name };
    try {
      if (starts > MAX_STARTS) throw new AppError(ErrorReason.INTERNAL, `it ended its process ${starts - 1} times`);
      const result = await withSpan('winnow.run', attributes, () => this.#inThread(run));
      await this.#saving;
      records.update(this.#id, (record) => applyResult(record, result));
      const { evaluation, cost } = result;
      log.info({ run: this.#id, robust: evaluation.robustAccuracy, seconds: cost.seconds?.total }, 'run succeeded');
    } catch (error) {
      await this.#saving;
      this.#onFailure(error);
    }
  }

  async #inThread({ spec }: Run): Promise<TrainResult> {
    const { bus, thread, log } = this.#dependencies;
    const { signal } = this.#stop;
    const state = await this.#fetchState();
    const inbox =
      spec!.selection &&
      new IndexSetInbox(bus, this.#id, this.#done.signal, (err) => log.error({ run: this.#id, err }, 'inbox failed'));
    return thread.run<TrainResult>(
      'train',
      { spec, state },
      {
        signal,
        onProgress: (progress) => this.#onProgress(progress as TrainProgress),
        onAsk: (question) => this.#answer(question as TrainQuestion, inbox),
      },
    );
  }

  async #fetchState(): Promise<Uint8Array | undefined> {
    const { states, log } = this.#dependencies;
    const { state } = this.#claim;
    await this.#claim.tidy();
    if (!state) return undefined;
    try {
      return await states.fetch(state, this.#stop.signal);
    } catch (error) {
      if (this.#stop.signal.aborted || !(error instanceof AppError)) throw error;
      log.error({ run: this.#id, err: error }, "a run's state is gone; it begins anew");
      return undefined;
    }
  }

  #onProgress(event: TrainProgress): void {
    const { records, bus, log } = this.#dependencies;
    if (event.type === 'progress') {
      records.progress(this.#id, event.progress);
      this.#metrics?.progress(event.progress);
      broadcast(bus, runProgressSubject(this.#id), EpochProgressSchema, event.progress);
      return;
    }
    if (event.type === 'loaded') {
      const { device, dataset, run, leftAside, files } = event;
      this.#metrics = new RunMetrics(records.get(this.#id), run);
      for (const name of files) this.#files.add(name);
      if (leftAside) log.warn({ run: this.#id, reason: leftAside }, "a run's state can't be read; it begins anew");
      log.info({ run: this.#id, device, examples: dataset.trainExamples, epoch: run.epochsDone }, 'run started');
    }
    records.update(this.#id, (run) => applyProgress(run, event, timestampNow()));
  }

  async #answer(question: TrainQuestion, inbox: IndexSetInbox | undefined): Promise<unknown> {
    const { bus, records } = this.#dependencies;
    switch (question.type) {
      case 'store':
        return storeCheckpoint(bus, question.checkpoint);
      case 'save':
        this.#saving = this.#save(question);
        return this.#saving;
      case 'hand-over':
        return new Promise<void>((resolve) => {
          this.#handOver.signal.addEventListener('abort', () => resolve(), { once: true });
          if (this.#handOver.signal.aborted) resolve();
        });
      case 'prepare': {
        const files = await storeSelectionFiles(bus, question);
        for (const name of filesOf(files)) this.#files.add(name);
        records.update(this.#id, (run) => applyPrepared(run, files));
        return files;
      }
      case 'select': {
        for (const name of filesOf(question.files)) this.#files.add(name);
        const signal = AbortSignal.any([this.#stop.signal, this.#handOver.signal, this.#done.signal]);
        const span = { 'winnow.run_id': this.#id, 'winnow.round': question.round };
        return withSpan('winnow.round', span, () =>
          requestSelection(bus, inbox!, records.get(this.#id), question, signal),
        );
      }
    }
  }

  /** Never rejects: training goes on, and the state before stays the one to go on from. */
  async #save({ state, run, obsolete }: Extract<TrainQuestion, { type: 'save' }>): Promise<void> {
    const { bus, records, log } = this.#dependencies;
    try {
      await this.#claim.commit(state);
      records.update(this.#id, (record) => applySaved(record, run));
      await deleteFiles(bus, records, obsolete);
      for (const name of obsolete) this.#files.delete(name);
    } catch (error) {
      log.warn({ run: this.#id, err: error }, "a run's state could not be stored; it goes on from the one before");
      if (!this.#claim.lost.aborted) records.update(this.#id, (record) => applySaved(record, run));
    }
  }

  #onFailure(error: unknown): void {
    const { records, log } = this.#dependencies;
    if (this.#claim.lost.aborted) {
      log.warn({ run: this.#id }, 'the run is another process’s by now, and dropped');
      return;
    }
    if (hasEnded(records.get(this.#id))) return;
    if (this.#handOver.signal.aborted) {
      log.info({ run: this.#id }, 'the run is handed over');
      records.update(this.#id, (run) => {
        run.state = RunState.QUEUED;
      });
      return;
    }
    log.error({ run: this.#id, err: error }, 'run failed');
    const expected = error instanceof AppError;
    const failure = {
      reason: expected ? error.reason : ErrorReason.INTERNAL,
      message: expected ? error.message : `internal error; the service's log has it under run ${this.#id}`,
    };
    records.update(this.#id, (run) => endRun(run, RunState.FAILED, failure));
  }

  /** Once the record is stored: what the run leaves is removed where it has ended, else left to who goes on with it. */
  async #settle(): Promise<void> {
    const { bus, records } = this.#dependencies;
    await records.flushed(this.#id);
    if (this.#claim.lost.aborted || !hasEnded(records.get(this.#id))) {
      await this.#claim.release();
      return;
    }
    await withdrawRequests(bus, this.#id);
    await deleteFiles(bus, records, this.#files);
    await this.#claim.finish();
  }
}
