import { setTimeout as sleep } from 'node:timers/promises';
import { ErrorCode, NatsError } from 'nats';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError, cancelled } from '../../app-error.ts';
import { untilAborted } from '../abortable.ts';
import type { Bus } from './connection.ts';

const FIRST_DELAY_MS = 200;
// Bounds how long work stands still after the server is back.
const LONGEST_DELAY_MS = 3_000;

const AWAY: ReadonlySet<string> = new Set([
  ErrorCode.Timeout,
  ErrorCode.NoResponders,
  ErrorCode.Disconnect,
  ErrorCode.ConnectionRefused,
  ErrorCode.ConnectionTimeout,
]);

/**
 * JetStream's answers when there is no more room, by their numbers in NATS' errors.json: for the account, the server,
 * the storage that streams reserve, a stream's own limits (which is also what a full disk looks like), its size.
 */
const FULL = new Set([10002, 10023, 10047, 10077, 10122]);

// JetStream's number for "wrong last sequence", in NATS' errors.json.
const WRONG_LAST_SEQUENCE = 10071;

/** What to call an operation in the log, and when to stop trying. */
export interface RetryOptions {
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does something over the bus, again and again while the server is away or JetStream isn't up. The attempt has to be
 * safe to repeat: one that failed may have been carried out. Throws CANCELLED when the signal aborts, BUS_UNAVAILABLE
 * when the bus was closed, OVERLOADED when a stream is full.
 */
export async function whileAway<T>(
  bus: Bus,
  { what, signal }: RetryOptions,
  attempt: (number: number) => Promise<T>,
): Promise<T> {
  for (let number = 1; ; number++) {
    if (signal?.aborted) throw cancelled();
    try {
      const answer = untilRegained(bus, attempt(number));
      return await (signal ? untilAborted(answer, signal) : answer);
    } catch (error) {
      if (signal?.aborted) throw cancelled();
      if (bus.closed) throw new AppError(ErrorReason.BUS_UNAVAILABLE, `${what}: the bus is closed`, { cause: error });
      if (isFull(error)) throw full(what, error);
      if (!isAway(error)) throw error;
      bus.log.warn({ attempt: number, reason: error.message }, `${what}: the bus does not answer; trying again`);
    }
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (number - 1), LONGEST_DELAY_MS);
    await sleep(delayMs, undefined, signal ? { signal } : {}).catch(() => {});
  }
}

/** Waits for an answer, unless the connection was lost and made again meanwhile: then it was lost, too. */
function untilRegained<T>(bus: Bus, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = bus.onRegained(() => reject(NatsError.errorForCode(ErrorCode.Disconnect)));
    answer.then(resolve, reject).finally(stop);
  });
}

function isAway(error: unknown): error is NatsError {
  return error instanceof NatsError && AWAY.has(error.code);
}

/** Whether JetStream says that there is no more room. */
export function isFull(error: unknown): boolean {
  return error instanceof NatsError && FULL.has(error.api_error?.err_code ?? 0);
}

/** Whether JetStream says that a subject's last message is not the one that was expected. */
export function isConflict(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.err_code === WRONG_LAST_SEQUENCE;
}

function full(what: string, cause: unknown): AppError {
  const description = (cause as NatsError).api_error?.description ?? '';
  const remedy = 'delete what is no longer needed, or give JetStream more storage';
  return new AppError(ErrorReason.OVERLOADED, `${what}: the bus is full (${description}); ${remedy}`, { cause });
}
