import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { context, SpanKind } from '@opentelemetry/api';
import { headers } from 'nats';
import { measureMessage } from '../telemetry/measure-message.ts';
import { messageSpanName, messagingKeys } from '../telemetry/names.ts';
import { injectTrace } from '../telemetry/propagation.ts';
import { spanAround } from '../telemetry/trace.ts';
import type { Bus } from './connection.ts';
import { isConflict, whileAway } from './retry.ts';
import { subjectTemplate } from './streams.ts';

/** How a message is published. */
export interface PublishOptions {
  /** A message of this id that the stream got within the last two minutes makes this one a duplicate, which is dropped. */
  readonly messageId: string;
  /** Whether any message that the stream holds on this subject, however old, makes this one a duplicate. */
  readonly onlyOne?: boolean | undefined;
  /** Gives up while the bus is away. */
  readonly signal?: AbortSignal | undefined;
}

// JetStream stores a message with this header only where the subject's newest message has that sequence; 0 is none.
const LAST_OF_SUBJECT = 'Nats-Expected-Last-Subject-Sequence';

/** What became of a published message. */
export interface Published {
  /** Whether the stream had it already. */
  readonly duplicate: boolean;
  /** Its place in the stream; 0 where another message's presence made it a duplicate. */
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
  const { messageId, onlyOne = false, signal } = options;
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
    measureMessage('publish', template, () =>
      whileAway(bus, { what: `publishing ${subject}`, signal }, () =>
        send(bus, subject, bytes, { messageId, onlyOne }),
      ),
    ),
  );
}

async function send(
  bus: Bus,
  subject: string,
  bytes: Uint8Array,
  { messageId, onlyOne }: { messageId: string; onlyOne: boolean },
): Promise<Published> {
  // Unknown while the bus is away.
  const limit = bus.connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
  if (bytes.length >= limit) {
    throw new Error(`${subject}: ${bytes.length} bytes are too many for a message (${limit}); store them as an object`);
  }
  const messageHeaders = headers();
  injectTrace(messageHeaders);
  if (onlyOne) messageHeaders.set(LAST_OF_SUBJECT, '0');
  try {
    const ack = await bus.jetstream.publish(subject, bytes, { msgID: messageId, headers: messageHeaders });
    return { duplicate: ack.duplicate, sequence: ack.seq };
  } catch (error) {
    if (!isConflict(error)) throw error;
    return { duplicate: true, sequence: 0 };
  }
}
