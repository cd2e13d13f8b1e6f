import { type Metadata, status } from '@grpc/grpc-js';

/** What a handler knows of the call it answers. */
export interface CallContext {
  /** Aborted when the caller cancels, disconnects or runs out of time, and when the server is shut down. */
  readonly signal: AbortSignal;
  /** When the caller stops waiting; absent where it waits for ever. */
  readonly deadline?: Date;
  /** What the caller sent along. */
  readonly metadata: Metadata;
  /** Address of the caller. */
  readonly peer: string;
}

/** Why a call ended before its work did; the `reason` of {@link CallContext.signal}. */
export class CallAborted extends Error {
  override readonly name = 'CallAborted';
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

/** The part of a grpc-js server call that its context is made from; all four kinds of call have it. */
export interface ServerCall {
  readonly cancelled: boolean;
  readonly metadata: Metadata;
  getPeer(): string;
  getDeadline(): Date | number;
  on(event: 'cancelled', listener: () => void): unknown;
  off(event: 'cancelled', listener: () => void): unknown;
}

// setTimeout fires at once for delays that don't fit into 31 bits; a deadline that far away needs no timer.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The life of one call on the server: its context, and the ways it can be aborted. */
export class CallScope {
  readonly context: CallContext;
  readonly #controller = new AbortController();
  readonly #call: ServerCall;
  #timer: NodeJS.Timeout | undefined;

  constructor(call: ServerCall) {
    this.#call = call;
    const deadline = Number(call.getDeadline());
    this.context = {
      signal: this.#controller.signal,
      metadata: call.metadata,
      peer: call.getPeer(),
      ...(Number.isFinite(deadline) ? { deadline: new Date(deadline) } : {}),
    };
    call.on('cancelled', this.#cancel);
    if (call.cancelled) this.#cancel();
    this.#startTimer(deadline - Date.now());
  }

  /** Ends the call before its work is done. */
  abort(reason: CallAborted): void {
    this.#controller.abort(reason);
  }

  /** Says that the call was answered: nothing aborts it any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#call.off('cancelled', this.#cancel);
  }

  readonly #cancel = () => this.abort(new CallAborted(status.CANCELLED, 'cancelled by the caller'));

  #startTimer(remainingMs: number): void {
    const expire = () => this.abort(new CallAborted(status.DEADLINE_EXCEEDED, "the caller's deadline passed"));
    if (remainingMs <= 0) expire();
    else if (remainingMs <= LONGEST_TIMER_MS) this.#timer = setTimeout(expire, remainingMs).unref();
  }
}
