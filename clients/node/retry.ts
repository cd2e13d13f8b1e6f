import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import type { CallOptions } from '../../services/platform/rpc/call-options.ts';
import { RpcError } from '../../services/platform/rpc/rpc-error.ts';

/** How often and how fast a call is tried again. */
export interface RetryPolicy {
  /** Attempts in all, at least 1. */
  readonly attempts: number;
  /** Longest wait before the second attempt, ms; doubles with each further one. */
  readonly firstWaitMs: number;
  /** Longest wait of all, ms. */
  readonly longestWaitMs: number;
  /** Attempts in all however many messages come in between, for streams whose every opening takes work up again. */
  readonly mostOpenings?: number;
}

/** Rides out a restart of a service (1.4 s of waiting at most), yet soon says that there is none. */
export const defaultRetryPolicy: RetryPolicy = { attempts: 4, firstWaitMs: 200, longestWaitMs: 5_000 };

/**
 * Waits for a service that is started again and loads its tensor library, some 15 s on average; gives up on a request that
 * ends the service over and over.
 */
export const restartPolicy: RetryPolicy = { attempts: 10, firstWaitMs: 500, longestWaitMs: 5_000, mostOpenings: 20 };

/** Whether another attempt may succeed: the server wasn't reached, or went away. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof RpcError && error.code === status.UNAVAILABLE;
}

/**
 * Calls `attempt` until it succeeds, fails otherwise than UNAVAILABLE, or the attempts are used up. Only for calls that
 * may be repeated without harm. `timeoutMs` bounds all attempts together; each one gets what is left of it.
 */
export async function withRetries<T>(
  attempt: (options: CallOptions) => Promise<T>,
  options: CallOptions,
  policy: RetryPolicy = defaultRetryPolicy,
): Promise<T> {
  const deadline = options.timeoutMs === undefined ? undefined : Date.now() + options.timeoutMs;
  for (let failures = 0; ; ) {
    const left = deadline === undefined ? undefined : Math.max(1, deadline - Date.now());
    try {
      return await attempt({ ...options, timeoutMs: left });
    } catch (error) {
      failures += 1;
      if (!isUnavailable(error) || failures >= policy.attempts) throw error;
      const wait = waitBefore(failures, policy);
      if (deadline !== undefined && Date.now() + wait >= deadline) throw error;
      await pause(wait, options.signal);
    }
  }
}

/**
 * Reads a stream, opening it again from its start where it breaks with UNAVAILABLE. Only for streams that begin with the
 * present state, so that nothing is lost. Every message received gives all attempts back. `timeoutMs` bounds all of it.
 */
export async function* withReopening<T>(
  open: (options: CallOptions) => AsyncIterable<T>,
  options: CallOptions,
  policy: RetryPolicy = defaultRetryPolicy,
): AsyncGenerator<T, void, undefined> {
  const { attempts, mostOpenings = Number.POSITIVE_INFINITY } = policy;
  const { timeoutMs } = options;
  const deadline = timeoutMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeoutMs;
  for (let failures = 0, openings = 1; ; openings += 1) {
    const left = timeoutMs === undefined ? undefined : Math.max(1, deadline - Date.now());
    try {
      for await (const message of open({ ...options, timeoutMs: left })) {
        failures = 0;
        yield message;
      }
      return;
    } catch (error) {
      failures += 1;
      if (!isUnavailable(error) || failures >= attempts || openings >= mostOpenings) throw error;
      const wait = waitBefore(failures, policy);
      if (Date.now() + wait >= deadline) throw error;
      await pause(wait, options.signal);
    }
  }
}

/** Exponential back-off with full jitter, so that many clients of one restarted server don't come back at once. */
function waitBefore(failures: number, policy: RetryPolicy): number {
  return Math.random() * Math.min(policy.longestWaitMs, policy.firstWaitMs * 2 ** (failures - 1));
}

/** Waits; returns early where the call is cancelled, so that the next attempt reports it as every call does. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {});
}
