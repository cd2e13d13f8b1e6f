/** Work under way: what it tells, until it ends, and what it ends with. */
export interface WorkUnderWay<Progress, Result> {
  /** The newest value each time the reader is ready; those in between are skipped. Ends when the work ends. */
  readonly progress: AsyncIterable<Progress>;
  readonly result: Promise<Result>;
}

/** Starts work that reports by callback and turns its reports into a stream that never holds the work up. */
export function withProgress<Progress, Result>(
  start: (onProgress: (value: Progress) => void) => Promise<Result>,
): WorkUnderWay<Progress, Result> {
  let newest: Progress | undefined;
  let ended = false;
  let wake: () => void = () => {};
  const result = start((value) => {
    newest = value;
    wake();
  });
  const end = () => {
    ended = true;
    wake();
  };
  result.then(end, end);
  async function* progress(): AsyncGenerator<Progress> {
    while (!ended) {
      if (newest === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const value = newest;
      newest = undefined;
      yield value;
    }
  }
  return { progress: progress(), result };
}
