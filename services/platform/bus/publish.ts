import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { context, SpanKind } from '@opentelemetry/api';
import { headers } from 'nats';
import { messageSpanName, messagingKeys } from '../telemetry/names.ts';
import { injectTrace } from '../telemetry/propagation.ts';
import { spanAround } from '../telemetry/trace.ts';
import type { Bus } from './connection.ts';
import { whileAway } from './retry.ts';
import { subjectTemplate } from './streams.ts';

/** How a message is published. */
export interface PublishOptions {
  /** A message of this id that the stream got within the last two minutes makes this one a duplicate, which is dropped. */
  readonly messageId: string;
  /** Gives up while the bus is away. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of a published message. */
export interface Published {
  /** Whether the stream had it already. */
  readonly duplicate: boolean;
  /** Its place in the stream. */
  readonly sequence: number;
}

/**
 * Publishes a message and waits until its stream has stored it, however long the bus is away. The active trace
 * travels with it. Throws OVERLOADED where the stream is full, CANCELLED when the signal aborts.
 */
export function publish<D extends DescMessage>(
  bus: Bus,
  subject: string,
  schema: D,
  message: MessageInitShape<D>,
  options: PublishOptions,
): Promise<Published> {
  const bytes = toBinary(schema, create(schema, message));
  const { messageId, signal } = options;
  const template = subjectTemplate(subject);
  const attributes = {
    [messagingKeys.system]: 'nats',
    [messagingKeys.operation]: 'send',
    [messagingKeys.destination]: subject,
    [messagingKeys.template]: template,
    [messagingKeys.messageId]: messageId,
    [messagingKeys.bodySize]: bytes.length,
  };
  const span = { kind: SpanKind.PRODUCER, attributes };
  return spanAround(messageSpanName(template, 'publish'), span, context.active(), () =>
    whileAway(bus, { what: `publishing ${subject}`, signal }, () => send(bus, subject, bytes, messageId)),
  );
}

async function send(bus: Bus, subject: string, bytes: Uint8Array, messageId: string): Promise<Published> {
  // Unknown while the bus is away.
  const limit = bus.connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
  if (bytes.length >= limit) {
    throw new Error(`${subject}: ${bytes.length} bytes are too many for a message (${limit}); store them as an object`);
  }
  const messageHeaders = headers();
  injectTrace(messageHeaders);
  const ack = await bus.jetstream.publish(subject, bytes, { msgID: messageId, headers: messageHeaders });
  return { duplicate: ack.duplicate, sequence: ack.seq };
}
