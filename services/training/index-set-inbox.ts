import { type SelectionFinished, SelectionFinishedSchema } from '../../proto/gen/winnow/v1/events_pb.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { handleStream } from '../platform/bus/follow.ts';
import { INDEX_SET_STREAM, indexSetSubject } from '../platform/bus/streams.ts';

type Waiter = (finished: SelectionFinished) => void;

/**
 * A run's answers from the scoring service, read from the stream that keeps them: whoever trains the run, and however
 * often it begins anew, finds all that were given.
 */
export class IndexSetInbox {
  readonly #arrived = new Map<number, SelectionFinished>();
  readonly #waiters = new Map<number, Waiter>();

  /** Starts to listen, until the signal. */
  constructor(bus: Bus, runId: string, signal: AbortSignal, onError: (error: unknown) => void) {
    this.#listen(bus, runId, signal).catch(onError);
  }

  /** The answer of a round, once it is there. A later answer for a round that is done is left aside. */
  async of(round: number, signal: AbortSignal): Promise<SelectionFinished> {
    signal.throwIfAborted();
    const arrived = this.#arrived.get(round);
    if (arrived) return arrived;
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.set(round, (finished) => {
        signal.removeEventListener('abort', onAbort);
        resolve(finished);
      });
    });
  }

  async #listen(bus: Bus, runId: string, signal: AbortSignal): Promise<void> {
    const filterSubject = indexSetSubject(runId, '*');
    const source = { stream: INDEX_SET_STREAM, filterSubject, schema: SelectionFinishedSchema, signal };
    await handleStream(bus, { ...source, consumer: `run-${runId}` }, (finished) => this.#receive(finished));
  }

  #receive(finished: SelectionFinished): void {
    const { round } = finished;
    if (this.#arrived.has(round)) return;
    this.#arrived.set(round, finished);
    this.#waiters.get(round)?.(finished);
    this.#waiters.delete(round);
  }
}
