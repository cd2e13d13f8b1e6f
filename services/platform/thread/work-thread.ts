import { Worker } from 'node:worker_threads';
import { cancelled } from '../../app-error.ts';
import { untilAborted } from '../abortable.ts';
import { type FromWorker, fromPlain, type HeldMemory, type ToWorker, toPlain } from './messages.ts';

/** How to follow and stop a piece of work. */
export interface WorkOptions {
  /** Stops the work within a mini-batch; it then fails with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((value: unknown) => void) | undefined;
  /** Answers what the work asks. */
  readonly onAsk?: ((question: unknown) => Promise<unknown>) | undefined;
  /** Buffers of the request that go over to the worker instead of being copied; they are empty here afterwards. */
  readonly transfer?: readonly ArrayBuffer[] | undefined;
}

/** How a WorkThread is set up. */
export interface WorkThreadOptions {
  /** Passed to the worker as `workerData`. */
  readonly data?: unknown;
  /** Pieces of work after which the worker is replaced, so that what a native library leaks is given back. */
  readonly piecesPerWorker?: number;
}

const DEFAULT_PIECES_PER_WORKER = 100;

/**
 * A worker thread that does long work, one piece at a time in the order asked for, so that the main thread stays free.
 * A worker that dies fails only the piece it was at; the next one gets a new worker.
 */
export class WorkThread {
  readonly #entry: URL;
  readonly #options: WorkThreadOptions;
  #worker: Worker | undefined;
  #pieces = 0;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;
  #held: HeldMemory | undefined;

  constructor(entry: URL, options: WorkThreadOptions = {}) {
    this.#entry = entry;
    this.#options = options;
  }

  /**
   * Does one piece of work and gives its result. Fails with what the work threw, or CANCELLED; at once where it still
   * waited for its turn.
   */
  run<Result>(kind: string, request: unknown, options: WorkOptions = {}): Promise<Result> {
    const before = this.#last;
    const result = this.#turn(before, options.signal).then(() => {
      if (this.#closed) throw cancelled();
      return this.#runNow<Result>(kind, request, options);
    });
    // one that gave up its turn ends before those ahead of it
    this.#last = Promise.allSettled([before, result]).then(() => {});
    return result;
  }

  /** Resolves when all the work that was asked for until now has ended. */
  async idle(): Promise<void> {
    await this.#last;
  }

  /** The memory that the worker held when it last said so; undefined where there is no worker, or none that tells. */
  get held(): HeldMemory | undefined {
    return this.#held;
  }

  /** Ends the worker at once; work under way fails with CANCELLED. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#retire();
  }

  async #turn(before: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
    if (!signal) await before;
    else
      await untilAborted(before, signal).catch(() => {
        throw cancelled();
      });
  }

  async #runNow<Result>(kind: string, request: unknown, options: WorkOptions): Promise<Result> {
    const worker = this.#ready();
    const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const onAbort = () => Atomics.store(new Int32Array(stop), 0, 1);
    options.signal?.addEventListener('abort', onAbort);
    try {
      return await this.#converse<Result>(worker, { type: 'run', kind, request, stop }, options);
    } finally {
      options.signal?.removeEventListener('abort', onAbort);
      this.#pieces += 1;
      if (this.#pieces >= (this.#options.piecesPerWorker ?? DEFAULT_PIECES_PER_WORKER)) await this.#retire();
    }
  }

  #converse<Result>(worker: Worker, request: ToWorker, options: WorkOptions): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const onMessage = (message: FromWorker) => {
        if (message.type !== 'ask' && message.held) this.#held = message.held;
        if (message.type === 'progress') options.onProgress?.(message.value);
        else if (message.type === 'ask') void answer(worker, message.ask, message.question, options);
        else if (message.type === 'done') settle(() => resolve(message.value as Result));
        else settle(() => reject(fromPlain(message.error)));
      };
      const onExit = (code: number) =>
        settle(() => reject(this.#closed ? cancelled() : new Error(`the worker thread ended (code ${code})`)));
      const onError = (error: Error) => settle(() => reject(error));
      const settle = (end: () => void) => {
        worker.off('message', onMessage).off('exit', onExit).off('error', onError);
        end();
      };
      // first, as it throws where a request can't be copied; no answer comes before the listeners are there
      worker.postMessage(request, [...(options.transfer ?? [])]);
      worker.on('message', onMessage).on('exit', onExit).on('error', onError);
    });
  }

  #ready(): Worker {
    if (this.#worker) return this.#worker;
    // no execArgv: the telemetry preload belongs to the main thread alone
    const worker = new Worker(this.#entry, { workerData: this.#options.data, execArgv: [] });
    const forget = () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#held = undefined;
    };
    worker.on('exit', forget).on('error', forget);
    this.#worker = worker;
    this.#pieces = 0;
    return worker;
  }

  async #retire(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#held = undefined;
    await worker?.terminate();
  }
}

async function answer(worker: Worker, ask: number, question: unknown, options: WorkOptions): Promise<void> {
  const send = (message: ToWorker) => worker.postMessage(message);
  try {
    if (!options.onAsk) throw new Error('nobody answers what this work asks');
    send({ type: 'answer', ask, value: await options.onAsk(question) });
  } catch (error) {
    send({ type: 'answer', ask, error: toPlain(error) });
  }
}
