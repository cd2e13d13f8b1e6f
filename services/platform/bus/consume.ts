import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import type { JsMsg } from 'nats';
import { dispositionOf } from '../rpc/status.ts';
import { acknowledge } from './acknowledge.ts';
import type { Bus } from './connection.ts';
import { DurableConsumer, type DurableOptions, mostDeliveries } from './durable-consumer.ts';
import { inMessageSpan } from './message-span.ts';

/** What is known of a delivery beside its message. */
export interface Delivery {
  readonly subject: string;
  /** Whether it was delivered before, to this process or another. */
  readonly redelivered: boolean;
  /** Counts deliveries from 1. */
  readonly attempt: number;
  /** Whether the message is dropped if this attempt fails, too. */
  readonly lastAttempt: boolean;
}

/** What to consume and how. */
export interface ConsumeOptions<D extends DescMessage> extends DurableOptions {
  readonly schema: D;
  /** Waited for before a message is asked for, so that none waits here while another process could have it. */
  readonly ready?: () => Promise<void>;
  /** How many messages are handled at once. */
  readonly maxInFlight: number;
  /** Handles a message; it is acknowledged when the promise resolves. May see a message again: has to be repeatable. */
  readonly handler: (message: MessageShape<D>, delivery: Delivery) => Promise<void>;
}

// The first retry is soon, for faults that pass; later ones spare whatever is broken.
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
// So many heartbeats fit into ackWait that losing one does no harm.
const HEARTBEATS_PER_ACK_WAIT = 3;

/**
 * Handles the messages of a durable consumer until the signal aborts, then resolves when the handlers that run have
 * ended. Each handler runs in a span that continues the publisher's trace. After an error, dispositionOf decides
 * whether the message is done with, comes again later, or is dropped. Rejects only when the bus is closed.
 */
export async function consume<D extends DescMessage>(bus: Bus, options: ConsumeOptions<D>): Promise<void> {
  const source = new DurableConsumer(bus, options);
  const next = async () => {
    await options.ready?.();
    return source.next();
  };
  const slot = async () => {
    for (let message = await next(); message; message = await next()) await settle(bus, options, message);
  };
  await Promise.all(Array.from({ length: options.maxInFlight }, slot));
}

async function settle<D extends DescMessage>(bus: Bus, options: ConsumeOptions<D>, message: JsMsg): Promise<void> {
  const heartbeat = setInterval(() => sendWorking(bus, message), options.ackWaitMs / HEARTBEATS_PER_ACK_WAIT);
  try {
    const verdict = await handle(bus, options, message);
    if (verdict === 'retry') message.nak(options.signal.aborted ? undefined : retryDelayMs(message));
    else await acknowledge(bus, message, verdict, options.signal);
  } finally {
    clearInterval(heartbeat);
  }
}

/** Runs the handler; returns what becomes of the message. */
async function handle<D extends DescMessage>(bus: Bus, options: ConsumeOptions<D>, message: JsMsg) {
  const decoded = decode(bus, options, message);
  if (!decoded) return 'terminate';
  const attempt = message.info.deliveryCount;
  const { subject, redelivered } = message;
  const delivery = { subject, redelivered, attempt, lastAttempt: attempt >= mostDeliveries(options) };
  try {
    await inMessageSpan(message, options.durable, () => options.handler(decoded, delivery));
    return 'ack';
  } catch (error) {
    return verdictOn(error, bus, options, delivery);
  }
}

function verdictOn(error: unknown, bus: Bus, { signal }: { signal: AbortSignal }, delivery: Delivery) {
  const context = { err: error, ...delivery };
  // Not the message's fault: whoever is still running takes it.
  if (signal.aborted) return 'retry';
  const disposition = dispositionOf(error);
  if (disposition === 'retry' && delivery.lastAttempt) {
    bus.log.error(context, `a message failed ${delivery.attempt} times and is dropped`);
    return 'terminate';
  }
  if (disposition === 'terminate') bus.log.error(context, 'a message can not be handled and is dropped');
  else bus.log.warn(context, disposition === 'retry' ? 'a message failed and comes again' : 'a message needs nothing');
  return disposition;
}

function decode<D extends DescMessage>(
  bus: Bus,
  { schema }: { schema: D },
  message: JsMsg,
): MessageShape<D> | undefined {
  try {
    return fromBinary(schema, message.data);
  } catch (error) {
    bus.log.error({ err: error, subject: message.subject }, `a message that is no ${schema.typeName} is dropped`);
    return undefined;
  }
}

function sendWorking(bus: Bus, message: JsMsg): void {
  try {
    message.working();
  } catch (error) {
    bus.log.debug({ err: error, subject: message.subject }, 'a heartbeat could not be sent');
  }
}

function retryDelayMs(message: JsMsg): number {
  return Math.min(FIRST_RETRY_MS * 2 ** (message.info.deliveryCount - 1), LONGEST_RETRY_MS);
}
