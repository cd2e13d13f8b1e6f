import type { DescMessage, DescMethod, MessageInitShape } from '@bufbuild/protobuf';
import type {
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  UntypedHandleCall,
} from '@grpc/grpc-js';
import { untilAborted } from '../abortable.ts';
import type { Log } from '../log.ts';
import { type CallContext, CallScope, type ServerCall } from './call-context.ts';
import { decodeRequest, encodeMessage } from './message-codec.ts';
import { receiveAll, sendAll } from './message-streams.ts';
import { type CallStatus, statusOf } from './status.ts';

/** A handler of any kind, its request and response types forgotten. */
export type AnyImpl = (request: never, context: CallContext) => unknown;

/** What the handlers of one server share: where faults are logged, and the calls that are being answered. */
export interface HandlerEnvironment {
  readonly log: Log;
  readonly scopes: Set<CallScope>;
}

type Init = MessageInitShape<DescMessage>;
type Respond = (error: CallStatus | null, value?: Buffer) => void;
type One = (request: unknown, context: CallContext) => Promise<Init>;
type Many = (request: unknown, context: CallContext) => AsyncIterable<Init>;
type BytesCall = ServerUnaryCall<Buffer, Buffer>;
type BytesReadable = ServerReadableStream<Buffer, Buffer>;
type BytesStream = ServerWritableStream<Buffer, Buffer>;
type BytesDuplex = ServerDuplexStream<Buffer, Buffer>;

/** Makes grpc-js's callback handler from a typed one. All that a handler throws goes through statusOf. */
export function methodHandler(method: DescMethod, impl: AnyImpl, env: HandlerEnvironment): UntypedHandleCall {
  const { input, output } = method;
  const one = async (request: unknown, context: CallContext) =>
    encodeMessage(output, await (impl as One)(request, context));
  const many = (call: BytesStream | BytesDuplex, request: unknown, context: CallContext) =>
    sendAll(call, output, (impl as Many)(request, context), context.signal);
  switch (method.methodKind) {
    case 'unary':
      return (call: BytesCall, respond: Respond) =>
        answer(call, env, respond, async (context) => one(decodeRequest(input, call.request), context));
    case 'client_streaming':
      return (call: BytesReadable, respond: Respond) =>
        answer(call, env, respond, (context) => one(receiveAll(call, input, context.signal), context));
    case 'server_streaming':
      return (call: BytesStream) =>
        answer(call, env, endStream(call), async (context) => many(call, decodeRequest(input, call.request), context));
    case 'bidi_streaming':
      return (call: BytesDuplex) =>
        answer(call, env, endStream(call), (context) => many(call, receiveAll(call, input, context.signal), context));
  }
}

async function answer(
  call: ServerCall,
  env: HandlerEnvironment,
  respond: Respond,
  work: (context: CallContext) => Promise<Buffer | undefined>,
): Promise<void> {
  const scope = new CallScope(call);
  const { signal } = scope.context;
  env.scopes.add(scope);
  try {
    // No work for a caller that is gone already.
    signal.throwIfAborted();
    respond(null, await untilAborted(work(scope.context), signal));
  } catch (error) {
    respond(statusOf(signal.aborted ? signal.reason : error, env.log));
  } finally {
    scope.close();
    env.scopes.delete(scope);
  }
}

/** Ends a response stream. A failed one is told by its `error` event, also when the caller is gone: tracing waits for it. */
function endStream(call: BytesStream | BytesDuplex): Respond {
  return (error) => {
    if (error) call.emit('error', error);
    else call.end();
  };
}
