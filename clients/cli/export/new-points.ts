import type { SeriesPoint } from './run-series.ts';

/** Where a curve ends. */
export type LastPoint = Pick<SeriesPoint, 'name' | 'step' | 'value'>;

/** Tells which points of a run's curves have not been written yet, by where each curve ended. */
export class NewPoints {
  readonly #last = new Map<string, Pick<LastPoint, 'step' | 'value'>>();

  /** Starts from curves that are there already. */
  constructor(last: Iterable<LastPoint> = []) {
    for (const { name, step, value } of last) this.#last.set(name, { step, value });
  }

  /** Points beyond a curve's end, or with another value there; from now on the curves end with these. */
  take(points: readonly SeriesPoint[]): SeriesPoint[] {
    return points.filter(({ name, step, value }) => {
      const last = this.#last.get(name);
      const isNew = !last || step > last.step || (step === last.step && value !== last.value);
      if (isNew) this.#last.set(name, { step, value });
      return isNew;
    });
  }
}
