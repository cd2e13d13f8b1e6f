import { create } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppliedRoundSchema, type Run, RunState } from '../../proto/gen/winnow/v1/run_pb.ts';
import { AppError, cancelled } from '../app-error.ts';
import type { Bus } from '../platform/bus/connection.ts';
import type { Log } from '../platform/log.ts';
import { currentTraceparent, withSpan, withTraceparent } from '../platform/telemetry/trace.ts';
import type { WorkThread } from '../platform/thread/work-thread.ts';
import { IndexSetInbox } from './index-set-inbox.ts';
import type { TrainProgress, TrainQuestion, TrainResult } from './run-messages.ts';
import { endRun, hasEnded, type RunRecords } from './run-records.ts';
import { requestSelection, storeCheckpoint } from './selection-requests.ts';

/** Runs that may wait for the device; more are refused, since each would wait for days. */
const MAX_QUEUED = 100;

/** What running runs works with. */
export interface ExecutorDependencies {
  readonly bus: Bus;
  readonly thread: WorkThread;
  readonly records: RunRecords;
  readonly log: Log;
}

/** Runs queued runs one after another on the tensor thread. */
export class RunExecutor {
  readonly #dependencies: ExecutorDependencies;
  readonly #waiting = new Map<string, AbortController>();
  #closed = false;

  constructor(dependencies: ExecutorDependencies) {
    this.#dependencies = dependencies;
  }

  /** Queues a run; it stays in the trace of the call that made it. OVERLOADED where the queue is full; CANCELLED after shutDown. */
  enqueue(run: Run): void {
    if (this.#closed) throw cancelled('the training service is shutting down; create the run again later');
    if (this.#waiting.size >= MAX_QUEUED) {
      throw new AppError(
        ErrorReason.OVERLOADED,
        `${MAX_QUEUED} runs are waiting already; cancel some or try again later`,
      );
    }
    const abort = new AbortController();
    this.#waiting.set(run.id, abort);
    this.#dependencies.records.add(run);
    const traceparent = currentTraceparent();
    void withTraceparent(traceparent, () => this.#execute(run.id, abort.signal)).finally(() =>
      this.#waiting.delete(run.id),
    );
  }

  /** Stops a run; it ends as CANCELLED at once, its worker within a mini-batch. */
  cancel(id: string): void {
    const { records } = this.#dependencies;
    records.update(id, (run) => endRun(run, RunState.CANCELLED));
    this.#waiting.get(id)?.abort(cancelled());
  }

  /** Stops all runs; those not ended are recorded as failed by the shutdown. */
  shutDown(): void {
    this.#closed = true;
    for (const [id, abort] of this.#waiting) {
      const failure = {
        reason: ErrorReason.CANCELLED,
        message: 'the training service was shut down; create the run again',
      };
      this.#dependencies.records.update(id, (run) => endRun(run, RunState.FAILED, failure));
      abort.abort(cancelled('the service is shutting down'));
    }
  }

  async #execute(id: string, signal: AbortSignal): Promise<void> {
    const { records, log, thread } = this.#dependencies;
    const done = new AbortController();
    const running = AbortSignal.any([signal, done.signal]);
    const { spec } = records.get(id);
    try {
      await withSpan('winnow.run', { 'winnow.run_id': id, 'winnow.dataset': spec!.dataset!.name }, async () => {
        const inbox =
          spec!.selection &&
          new IndexSetInbox(this.#dependencies.bus, id, running, (err) => log.error({ run: id, err }, 'inbox failed'));
        const result = await thread.run<TrainResult>(
          'train',
          { spec },
          {
            signal,
            onProgress: (progress) => this.#onProgress(id, progress as TrainProgress),
            onAsk: (question) => this.#answer(id, question as TrainQuestion, inbox, running),
          },
        );
        records.update(id, (run) => {
          run.result = result.evaluation;
          run.cost = result.cost;
          run.checkpoint = result.checkpoint;
          if (result.best) run.best = result.best;
          endRun(run, RunState.SUCCEEDED);
        });
        log.info(
          { run: id, robust: result.evaluation.robustAccuracy, seconds: result.cost.seconds?.total },
          'run succeeded',
        );
      });
    } catch (error) {
      this.#fail(id, error);
    } finally {
      done.abort(cancelled('the run has ended'));
    }
  }

  #fail(id: string, error: unknown): void {
    const { records, log } = this.#dependencies;
    if (hasEnded(records.get(id))) return;
    log.error({ run: id, err: error }, 'run failed');
    const expected = error instanceof AppError;
    const failure = {
      reason: expected ? error.reason : ErrorReason.INTERNAL,
      message: expected ? error.message : `internal error; the service's log has it under run ${id}`,
    };
    records.update(id, (run) => endRun(run, RunState.FAILED, failure));
  }

  #onProgress(id: string, event: TrainProgress): void {
    const { records } = this.#dependencies;
    if (event.type === 'loaded') this.#started(id, event);
    else if (event.type === 'progress') records.progress(id, event.progress);
    else if (event.type === 'waiting') {
      records.update(id, (run) => {
        run.state = RunState.WAITING;
      });
    } else if (event.type === 'epoch') {
      records.update(id, (run) => {
        run.epochsDone = event.metrics.epoch + 1;
        run.history.push(event.metrics);
        run.cost = event.cost;
      });
    } else {
      records.update(id, (run) => {
        const { round, fromEpoch, kept, quality } = event;
        run.state = RunState.RUNNING;
        run.rounds.push(create(AppliedRoundSchema, { round, fromEpoch, kept, ...(quality && { quality }) }));
      });
    }
  }

  #started(id: string, { dataset, device }: Extract<TrainProgress, { type: 'loaded' }>): void {
    const { records, log } = this.#dependencies;
    log.info({ run: id, device, examples: dataset.trainExamples }, 'run started');
    records.update(id, (run) => {
      run.state = RunState.RUNNING;
      run.startedAt = timestampNow();
      run.dataset = dataset;
      run.device = device;
    });
  }

  async #answer(
    id: string,
    question: TrainQuestion,
    inbox: IndexSetInbox | undefined,
    signal: AbortSignal,
  ): Promise<unknown> {
    const { bus, records } = this.#dependencies;
    if (question.type === 'store') return storeCheckpoint(bus, question.checkpoint);
    return withSpan('winnow.round', { 'winnow.run_id': id, 'winnow.round': question.round }, async () => {
      const answer = await requestSelection(bus, inbox!, records.get(id), question, signal);
      records.update(id, (run) => {
        run.checkpoint = answer.checkpoint;
      });
      return answer;
    });
  }
}
