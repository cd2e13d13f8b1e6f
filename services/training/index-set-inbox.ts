import { type SelectionFinished, SelectionFinishedSchema } from '../../proto/gen/winnow/v1/events_pb.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { consume } from '../platform/bus/consume.ts';
import { INDEX_SET_STREAM, indexSetSubject } from '../platform/bus/streams.ts';

/** The answer is taken at once, so a redelivery means that this process died. */
const ACK_WAIT_MS = 30_000;

type Waiter = (finished: SelectionFinished) => void;

/**
 * A run's answers from the scoring service: a durable consumer that acknowledges on receipt. The stream keeps the
 * message, so an answer is never lost with the process.
 */
export class IndexSetInbox {
  readonly #arrived = new Map<number, SelectionFinished>();
  readonly #waiters = new Map<number, Waiter>();

  /** Starts to listen, until the signal. */
  constructor(bus: Bus, runId: string, signal: AbortSignal, onError: (error: unknown) => void) {
    consume(bus, {
      stream: INDEX_SET_STREAM,
      durable: `run-${runId}`,
      filterSubject: indexSetSubject(runId, '*'),
      schema: SelectionFinishedSchema,
      maxInFlight: 1,
      ackWaitMs: ACK_WAIT_MS,
      signal,
      handler: async (finished) => this.#receive(finished),
    }).catch(onError);
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

  #receive(finished: SelectionFinished): void {
    const { round } = finished;
    if (this.#arrived.has(round)) return;
    this.#arrived.set(round, finished);
    this.#waiters.get(round)?.(finished);
    this.#waiters.delete(round);
  }
}
