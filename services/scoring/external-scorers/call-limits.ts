/** How long and how often a scorer that runs as a service is waited for. */
export interface CallLimits {
  /** Time of one scoring, retries included. */
  readonly timeoutMs: number;
  /** Longest time without a batch taken while there are batches to take, and between two messages of an answer. */
  readonly stallMs: number;
  /** Time of a call that asks for a description or for readiness. */
  readonly askMs: number;
  /** Longest wait for a scorer that says it is not ready. */
  readonly readyMs: number;
  /** Attempts in all while it is away. */
  readonly attempts: number;
  /** Wait before the second attempt; doubles with each further one. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
}

/** The limits under a total time: a scorer that is started again within some ten seconds is not noticed to have been away. */
export function callLimits(timeoutMs: number): CallLimits {
  return {
    timeoutMs,
    stallMs: Math.min(60_000, timeoutMs),
    askMs: Math.min(10_000, timeoutMs),
    readyMs: Math.min(60_000, timeoutMs),
    attempts: 6,
    firstWaitMs: 500,
    longestWaitMs: 5_000,
  };
}
