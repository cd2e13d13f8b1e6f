/**
 * The spans that Winnow makes itself, by name. Names never hold ids: they are what traces are grouped by. Calls get
 * theirs from the gRPC instrumentation, messages from {@link messageSpanName}.
 */
export const spanNames = [
  'winnow.run',
  'winnow.epoch',
  'winnow.round',
  'winnow.score',
  'winnow.select',
  'winnow.scorer.call',
  'winnow.shards',
  'winnow.evaluate',
] as const;

/** One of {@link spanNames}. */
export type SpanName = (typeof spanNames)[number];

/** The attributes of those spans, by key. */
export const attributeKeys = [
  'winnow.run_id',
  'winnow.round',
  'winnow.epoch',
  'winnow.dataset',
  'winnow.model',
  'winnow.objective',
  'winnow.scorer',
  'winnow.examples',
  'winnow.kept',
] as const;

/** One of {@link attributeKeys}. */
export type AttributeKey = (typeof attributeKeys)[number];

/** Attributes of a span of ours. */
export type SpanAttributes = { readonly [K in AttributeKey]?: string | number | boolean };

/** Keys of OpenTelemetry's semantic conventions for messaging, which are not stable and so not in its stable package. */
export const messagingKeys = {
  system: 'messaging.system',
  operation: 'messaging.operation.type',
  destination: 'messaging.destination.name',
  template: 'messaging.destination.template',
  messageId: 'messaging.message.id',
  bodySize: 'messaging.message.body.size',
  consumer: 'messaging.consumer.group.name',
  attempt: 'messaging.nats.delivery_attempt',
} as const;

/** Span name of a message sent or handled: `winnow.v1.index_set publish`. */
export function messageSpanName(template: string, operation: 'publish' | 'process'): string {
  return `${template} ${operation}`;
}
