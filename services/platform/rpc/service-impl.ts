import type { DescMessage, DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { CallContext } from './call-context.ts';

/** Answers one request with one response. */
export type UnaryImpl<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  context: CallContext,
) => Promise<MessageInitShape<O>>;

/** Answers one request with a stream; the next message is asked for only when the caller has room for it. */
export type ServerStreamingImpl<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  context: CallContext,
) => AsyncIterable<MessageInitShape<O>>;

/** Answers a stream with one response; may answer before the stream ends. */
export type ClientStreamingImpl<I extends DescMessage, O extends DescMessage> = (
  requests: AsyncIterable<MessageShape<I>>,
  context: CallContext,
) => Promise<MessageInitShape<O>>;

/** Answers a stream with a stream. */
export type BidiStreamingImpl<I extends DescMessage, O extends DescMessage> = (
  requests: AsyncIterable<MessageShape<I>>,
  context: CallContext,
) => AsyncIterable<MessageInitShape<O>>;

/** The handler of one method, by its kind. */
export type MethodImpl<M extends DescMethod> = M['methodKind'] extends 'unary'
  ? UnaryImpl<M['input'], M['output']>
  : M['methodKind'] extends 'server_streaming'
    ? ServerStreamingImpl<M['input'], M['output']>
    : M['methodKind'] extends 'client_streaming'
      ? ClientStreamingImpl<M['input'], M['output']>
      : BidiStreamingImpl<M['input'], M['output']>;

/** A service's handlers, one per method, in lowerCamelCase. */
export type ServiceImpl<S extends DescService> = { [K in keyof S['method']]: MethodImpl<S['method'][K]> };
