import { setTimeout as sleep } from 'node:timers/promises';
import { AckPolicy, type Consumer, type ConsumerConfig, DeliverPolicy, type JsMsg, nanos } from 'nats';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../app-error.ts';
import { untilAborted } from '../abortable.ts';
import type { Bus } from './connection.ts';
import { isNotFound } from './streams.ts';

/** Times a message is delivered at most unless told otherwise; what fails as often is not cured by trying. */
export const MAX_ATTEMPTS = 10;

// How long a request for the next message waits on the server; after a restart, the next request goes to the new one.
const POLL_MS = 5_000;
// Between attempts while the server, the stream or the consumer is not there.
const RETRY_MS = 1_000;
// A consumer that nobody asks for this long is removed by the server, so that those of ended runs don't pile up.
const INACTIVE_MS = 24 * 3600 * 1000;

/** Which messages of which stream, and how soon one that was not acknowledged comes again. */
export interface DurableOptions {
  readonly stream: string;
  /** The consumer's name; all processes that give the same one share its messages. */
  readonly durable: string;
  readonly filterSubject: string;
  readonly ackWaitMs: number;
  /** Times a message is delivered at most, 10 unless given. */
  readonly maxDeliveries?: number;
  readonly signal: AbortSignal;
}

/** Times a message of a consumer is delivered at most. */
export function mostDeliveries({ maxDeliveries = MAX_ATTEMPTS }: DurableOptions): number {
  return maxDeliveries;
}

/** The messages of a durable pull consumer, which is made where it is missing and made again where it got lost. */
export class DurableConsumer {
  readonly #bus: Bus;
  readonly #options: DurableOptions;
  #consumer: Promise<Consumer> | undefined;

  constructor(bus: Bus, options: DurableOptions) {
    this.#bus = bus;
    this.#options = options;
  }

  /** The next message, asked for only now so that none waits here for its turn; undefined once the signal aborts. */
  async next(): Promise<JsMsg | undefined> {
    const { signal, durable } = this.#options;
    while (!signal.aborted) {
      const pending = this.#pull();
      try {
        const message = await untilAborted(pending, signal);
        if (message) return message;
      } catch (error) {
        if (signal.aborted) pending.then(giveBack, () => {});
        else await this.#recover(durable, error);
      }
    }
    return undefined;
  }

  async #pull(): Promise<JsMsg | null> {
    this.#consumer ??= this.#open();
    return (await this.#consumer).next({ expires: POLL_MS });
  }

  async #recover(durable: string, error: unknown): Promise<void> {
    const { log, closed } = this.#bus;
    this.#consumer = undefined;
    const cause = { cause: error };
    if (closed) throw new AppError(ErrorReason.BUS_UNAVAILABLE, `consumer ${durable}: the bus is closed`, cause);
    const reason = error instanceof Error ? error.message : String(error);
    log.warn({ durable, reason }, `consumer ${durable} gets no messages; trying again`);
    await sleep(RETRY_MS, undefined, { signal: this.#options.signal }).catch(() => {});
  }

  async #open(): Promise<Consumer> {
    const { stream, durable, filterSubject, ackWaitMs } = this.#options;
    const { consumers } = this.#bus.manager;
    const config: Partial<ConsumerConfig> = {
      filter_subject: filterSubject,
      ack_wait: nanos(ackWaitMs),
      max_deliver: mostDeliveries(this.#options),
      inactive_threshold: nanos(INACTIVE_MS),
    };
    try {
      await consumers.update(stream, durable, config);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const fixed = { durable_name: durable, ack_policy: AckPolicy.Explicit, deliver_policy: DeliverPolicy.All };
      await consumers.add(stream, { ...config, ...fixed });
    }
    return this.#bus.jetstream.consumers.get(stream, durable);
  }
}

/** A message that came after nobody wanted it goes to the next who asks. */
function giveBack(message: JsMsg | null): void {
  message?.nak();
}
