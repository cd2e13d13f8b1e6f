// An exporter whose collector is gone must not hold up the end of the process.
const FLUSH_TIMEOUT_MS = 3_000;

let flush: (() => Promise<void>) | undefined;

/** Says how to export what is waiting; preload.ts does, in processes that were started with it. */
export function setTelemetryFlush(shutdown: () => Promise<void>): void {
  flush = shutdown;
}

/** Exports spans that are waiting, within three seconds, and stops tracing; does nothing where none was started. */
export async function shutdownTelemetry(): Promise<void> {
  const exported = flush?.().catch(() => {
    // There is no place left to report it to.
  });
  flush = undefined;
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FLUSH_TIMEOUT_MS);
  });
  await Promise.race([exported, timeUp]);
  clearTimeout(timer);
}
