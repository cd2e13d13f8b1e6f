/** How long an answer is waited for at least, ms: a round's first shards may wait for data sets and libraries to be loaded. */
export const LEAST_PATIENCE_MS = 30_000;
// A shard is as long as any other; one that takes so many times the slowest so far is with a replica that hangs.
const PATIENCE_FACTOR = 4;

/**
 * Says when shards should be asked for a second time: none was answered for several times as long as the slowest one took,
 * and the next time after twice as long. What MapReduce calls backup tasks (Dean and Ghemawat 2004, section 3.6).
 */
export class BackupTimer {
  readonly #due: () => void;
  readonly #leastMs: number;
  #slowestMs = 0;
  #repeats = 0;
  #timer: NodeJS.Timeout;

  constructor(due: () => void, leastMs: number) {
    this.#due = due;
    this.#leastMs = leastMs;
    this.#timer = this.#start();
  }

  /** A shard was answered that took this long. */
  answered(seconds: number): void {
    this.#slowestMs = Math.max(this.#slowestMs, seconds * 1000);
    this.#repeats = 0;
    clearTimeout(this.#timer);
    this.#timer = this.#start();
  }

  /** Says no more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #start(): NodeJS.Timeout {
    const patienceMs = Math.max(this.#leastMs, PATIENCE_FACTOR * this.#slowestMs) * 2 ** this.#repeats;
    return setTimeout(() => {
      this.#repeats += 1;
      this.#timer = this.#start();
      this.#due();
    }, patienceMs);
  }
}
