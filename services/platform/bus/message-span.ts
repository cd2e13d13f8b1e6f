import { type Span, SpanKind } from '@opentelemetry/api';
import type { JsMsg } from 'nats';
import { measureMessage } from '../telemetry/measure-message.ts';
import { messageSpanName, messagingKeys } from '../telemetry/names.ts';
import { extractTrace } from '../telemetry/propagation.ts';
import { spanAround } from '../telemetry/trace.ts';
import { subjectTemplate } from './streams.ts';

/** Handles a message in a span that continues its publisher's trace; `consumer` is the name of who handles it. */
export function inMessageSpan<T>(message: JsMsg, consumer: string, fn: (span: Span) => Promise<T>): Promise<T> {
  const template = subjectTemplate(message.subject);
  const attributes = {
    [messagingKeys.system]: 'nats',
    [messagingKeys.operation]: 'process',
    [messagingKeys.destination]: message.subject,
    [messagingKeys.template]: template,
    [messagingKeys.messageId]: message.headers?.get('Nats-Msg-Id') ?? '',
    [messagingKeys.bodySize]: message.data.length,
    [messagingKeys.consumer]: consumer,
    [messagingKeys.attempt]: message.info.deliveryCount,
  };
  const name = messageSpanName(template, 'process');
  return spanAround(name, { kind: SpanKind.CONSUMER, attributes }, extractTrace(message.headers), (span) =>
    measureMessage('process', template, () => fn(span)),
  );
}
