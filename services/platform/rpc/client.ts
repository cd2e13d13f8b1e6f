import type { DescMessage, DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { CallOptions } from './call-options.ts';
import type { RpcChannel } from './channel.ts';
import { callBidiStreaming, callClientStreaming, callServerStreaming, callUnary } from './client-calls.ts';

export type { CallOptions } from './call-options.ts';
export { openChannel, type RpcChannel } from './channel.ts';
export type { ChannelSecurity } from './channel-credentials.ts';
export { checkHealth } from './check-health.ts';

/** Sends one request; resolves to the response, throws an RpcError. */
export type UnaryCall<I extends DescMessage, O extends DescMessage> = (
  request: MessageInitShape<I>,
  options?: CallOptions,
) => Promise<MessageShape<O>>;

/** Sends one request; leaving the loop over the responses early cancels the call. */
export type ServerStreamingCall<I extends DescMessage, O extends DescMessage> = (
  request: MessageInitShape<I>,
  options?: CallOptions,
) => AsyncIterable<MessageShape<O>>;

/** Sends requests, each taken from the iterable when the server has room for it; resolves to the response. */
export type ClientStreamingCall<I extends DescMessage, O extends DescMessage> = (
  requests: AsyncIterable<MessageInitShape<I>>,
  options?: CallOptions,
) => Promise<MessageShape<O>>;

/** Sends requests while responses arrive; leaving the loop over the responses early cancels the call. */
export type BidiStreamingCall<I extends DescMessage, O extends DescMessage> = (
  requests: AsyncIterable<MessageInitShape<I>>,
  options?: CallOptions,
) => AsyncIterable<MessageShape<O>>;

/** One method of a client, by its kind. */
export type MethodCall<M extends DescMethod> = M['methodKind'] extends 'unary'
  ? UnaryCall<M['input'], M['output']>
  : M['methodKind'] extends 'server_streaming'
    ? ServerStreamingCall<M['input'], M['output']>
    : M['methodKind'] extends 'client_streaming'
      ? ClientStreamingCall<M['input'], M['output']>
      : BidiStreamingCall<M['input'], M['output']>;

/** A service's methods in lowerCamelCase. Streams are started when they are first read. */
export type RpcClient<S extends DescService> = { readonly [K in keyof S['method']]: MethodCall<S['method'][K]> };

/** A typed client of a service. Failed calls throw an RpcError. */
export function createClient<S extends DescService>(service: S, channel: RpcChannel): RpcClient<S> {
  const calls = service.methods.map((method) => [method.localName, methodCall(channel, method)]);
  return Object.fromEntries(calls) as RpcClient<S>;
}

function methodCall(channel: RpcChannel, method: DescMethod) {
  switch (method.methodKind) {
    case 'unary':
      return callUnary.bind(undefined, channel, method);
    case 'client_streaming':
      return callClientStreaming.bind(undefined, channel, method);
    case 'server_streaming':
      return callServerStreaming.bind(undefined, channel, method);
    case 'bidi_streaming':
      return callBidiStreaming.bind(undefined, channel, method);
  }
}
