/** Aborts with an error where nothing happens for too long. Rests until it is first told that something did. */
export class StallTimer {
  readonly #controller = new AbortController();
  readonly #stallMs: number;
  readonly #why: () => unknown;
  #timer: NodeJS.Timeout | undefined;

  /** `why` gives the signal's reason. */
  constructor(stallMs: number, why: () => unknown) {
    this.#stallMs = stallMs;
    this.#why = why;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something happened: the time starts again. */
  touch(): void {
    if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(() => this.#controller.abort(this.#why()), this.#stallMs).unref();
  }

  /** Nothing has to happen for now. */
  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
