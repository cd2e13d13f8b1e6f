import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { RpcError } from '../../platform/rpc/rpc-error.ts';
import type { CallLimits } from './call-limits.ts';

/** How grpc-js words a connection that broke off, where it does not call it UNAVAILABLE. */
const RESET = /RST_STREAM|ECONNRESET|GOAWAY|connection dropped/i;

/** Whether a scorer wasn't reached or went away, so that another attempt may find it back. */
function isAway(error: unknown): boolean {
  if (!(error instanceof RpcError)) return false;
  return error.code === status.UNAVAILABLE || (error.code === status.INTERNAL && RESET.test(error.message));
}

/** Does something again, with growing waits, as long as the scorer is away, attempts are left and the signal allows it. */
export async function retryWhileAway<T>(
  attempt: (number: number) => Promise<T>,
  { attempts, firstWaitMs, longestWaitMs }: Pick<CallLimits, 'attempts' | 'firstWaitMs' | 'longestWaitMs'>,
  signal: AbortSignal,
): Promise<T> {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt(number);
    } catch (error) {
      if (!isAway(error) || number >= attempts || signal.aborted) throw error;
      const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** (number - 1));
      await sleep(waitMs, undefined, { signal }).catch(() => {
        // the next attempt says why
      });
      if (signal.aborted) throw error;
    }
  }
}
