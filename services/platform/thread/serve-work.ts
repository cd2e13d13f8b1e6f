import { setImmediate } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { cancelled } from '../../app-error.ts';
import { type FromWorker, fromPlain, type HeldMemory, type ToWorker, toPlain } from './messages.ts';

/** What a piece of work in the worker may do besides computing. */
export interface WorkContext {
  /** CANCELLED once the main thread has asked to stop; cheap, so call it often. */
  throwIfStopped(): void;
  /** Tells the main thread how far it is. */
  progress(value: unknown): void;
  /** Asks the main thread and waits for its answer. */
  ask(question: unknown): Promise<unknown>;
  /** Lets messages from the main thread in, so that answers arrive while work goes on. */
  breathe(): Promise<void>;
}

/** A result whose buffers go over to the main thread instead of being copied. */
export class Handover {
  readonly value: unknown;
  readonly buffers: readonly ArrayBuffer[];

  constructor(value: unknown, buffers: readonly ArrayBuffer[]) {
    this.value = value;
    this.buffers = buffers;
  }
}

/** Work by kind. One piece runs at a time. */
export type WorkHandlers = Readonly<Record<string, (request: never, context: WorkContext) => Promise<unknown>>>;

type Pending = { resolve: (value: unknown) => void; reject: (error: Error) => void };

/** Serves a WorkThread from inside its worker; says beside progress and results what memory the work holds, if asked to. */
export function serveWork(handlers: WorkHandlers, heldMemory?: () => HeldMemory): void {
  const port = parentPort;
  if (!port) throw new Error('serveWork runs in a worker thread only');
  const send = (message: FromWorker) => port.postMessage(message);
  const pending = new Map<number, Pending>();
  let asked = 0;

  const contextFor = (stop: Int32Array): WorkContext => ({
    throwIfStopped: () => {
      if (Atomics.load(stop, 0) !== 0) throw cancelled();
    },
    progress: (value) => send({ type: 'progress', value, held: heldMemory?.() }),
    ask: (question) =>
      new Promise((resolve, reject) => {
        asked += 1;
        pending.set(asked, { resolve, reject });
        send({ type: 'ask', ask: asked, question });
      }),
    breathe: () => setImmediate(),
  });

  const run = async (message: Extract<ToWorker, { type: 'run' }>) => {
    try {
      const handler = handlers[message.kind];
      if (!handler) throw new Error(`no work is called ${message.kind}`);
      const value = await handler(message.request as never, contextFor(new Int32Array(message.stop)));
      if (value instanceof Handover) {
        const done = { type: 'done', value: value.value, held: heldMemory?.() } satisfies FromWorker;
        port.postMessage(done, [...value.buffers]);
      } else send({ type: 'done', value, held: heldMemory?.() });
    } catch (error) {
      send({ type: 'failed', error: toPlain(error), held: heldMemory?.() });
    } finally {
      pending.clear();
    }
  };

  port.on('message', (message: ToWorker) => {
    if (message.type === 'run') void run(message);
    else {
      const waiting = pending.get(message.ask);
      pending.delete(message.ask);
      if (message.error) waiting?.reject(fromPlain(message.error));
      else waiting?.resolve(message.value);
    }
  });
}
