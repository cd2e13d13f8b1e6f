/**
 * Waits for work, but no longer than until the signal aborts; then throws the signal's reason.
 * The work itself goes on until it notices the signal; what becomes of it is no longer of interest.
 */
export function untilAborted<T>(work: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(
      (value) => {
        signal.removeEventListener('abort', abort);
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', abort);
        reject(error);
      },
    );
  });
}

/**
 * The items of a source until the signal aborts; then throws the signal's reason, even where the source hangs.
 * However it ends, the source is told to stop (`return()`), so that its `finally` blocks run.
 */
export async function* abortable<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  let exhausted = false;
  try {
    while (!exhausted) {
      const next = await untilAborted(iterator.next(), signal);
      if (next.done) exhausted = true;
      else yield next.value;
    }
  } finally {
    // Not awaited: a source that hangs in next() answers return() only when that is over.
    if (!exhausted) stop(iterator);
  }
}

function stop(iterator: AsyncIterator<unknown>): void {
  Promise.resolve(iterator.return?.()).catch(() => {
    // The source was told to stop because its items are not wanted, and neither is its error.
  });
}
