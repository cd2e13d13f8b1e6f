import type { Bus } from '../platform/bus/connection.ts';
import type { Log } from '../platform/log.ts';
import { hasRunEnded, onRunEnd } from './run-end.ts';

/** What is watched, and what ends the work besides the run's end. */
export interface RunWatch {
  readonly bus: Bus;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Works for a run, with a signal that aborts when the run ends; what the work then throws is dropped. Gives whether the run
 * still goes on. A run that has ended already is not worked for.
 */
export async function whileRunLasts(
  { bus, log, signal }: RunWatch,
  runId: string,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  if (await hasRunEnded(bus, runId)) return false;
  const over = new AbortController();
  const stop = new AbortController();
  onRunEnd(bus, runId, AbortSignal.any([signal, stop.signal]), () => over.abort()).catch((err: unknown) => {
    log.warn({ run: runId, err }, 'scoring would not notice the end of its run');
  });
  try {
    await work(AbortSignal.any([signal, over.signal]));
  } catch (error) {
    if (!over.signal.aborted) throw error;
  } finally {
    stop.abort();
  }
  return !over.signal.aborted;
}
