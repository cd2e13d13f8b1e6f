/** Lets something happen at most once in an interval. */
export class Throttle {
  readonly #intervalMs: number;
  readonly #now: () => number;
  #last = Number.NEGATIVE_INFINITY;

  constructor(intervalMs: number, now: () => number = () => performance.now()) {
    this.#intervalMs = intervalMs;
    this.#now = now;
  }

  /** Whether it is time again, or has to be now; either way the interval begins anew. */
  due(now = false): boolean {
    const time = this.#now();
    if (!now && time - this.#last < this.#intervalMs) return false;
    this.#last = time;
    return true;
  }
}
