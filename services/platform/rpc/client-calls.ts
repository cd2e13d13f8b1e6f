import type { Readable } from 'node:stream';
import { type DescMessage, type DescMethod, fromBinary, type Message, type MessageInitShape } from '@bufbuild/protobuf';
import type { ClientWritableStream } from '@grpc/grpc-js';
import { type CallOptions, callMetadata, cancelOnAbort, grpcOptions, refuseAborted } from './call-options.ts';
import type { RpcChannel } from './channel.ts';
import { encodeMessage, methodPath, passBytes } from './message-codec.ts';
import { sendAll } from './message-streams.ts';
import { rpcErrorFrom } from './rpc-error.ts';

type Init = MessageInitShape<DescMessage>;
type Respond = (error: unknown, bytes?: Buffer) => void;

/** Calls a method with one request and one response. */
export async function callUnary(
  channel: RpcChannel,
  method: DescMethod,
  request: Init,
  options: CallOptions = {},
): Promise<Message> {
  refuseAborted(options);
  const bytes = encodeMessage(method.input, request);
  return respondOnce(method, options, (respond) =>
    channel.connection.makeUnaryRequest(
      methodPath(method),
      passBytes,
      passBytes,
      bytes,
      callMetadata(options),
      grpcOptions(options),
      respond,
    ),
  );
}

/** Calls a method with a stream of requests and one response. */
export async function callClientStreaming(
  channel: RpcChannel,
  method: DescMethod,
  requests: AsyncIterable<Init>,
  options: CallOptions = {},
): Promise<Message> {
  refuseAborted(options);
  const sending = new Sending();
  try {
    return await respondOnce(method, options, (respond) => {
      const call = channel.connection.makeClientStreamRequest(
        methodPath(method),
        passBytes,
        passBytes,
        callMetadata(options),
        grpcOptions(options),
        respond,
      );
      sending.start(call, method, requests);
      return call;
    });
  } catch (error) {
    throw sending.failure ?? error;
  } finally {
    sending.stop();
  }
}

/** Calls a method with one request and a stream of responses; the call is made when the first one is asked for. */
export async function* callServerStreaming(
  channel: RpcChannel,
  method: DescMethod,
  request: Init,
  options: CallOptions = {},
): AsyncGenerator<Message, void, undefined> {
  refuseAborted(options);
  const bytes = encodeMessage(method.input, request);
  const call = channel.connection.makeServerStreamRequest(
    methodPath(method),
    passBytes,
    passBytes,
    bytes,
    callMetadata(options),
    grpcOptions(options),
  );
  yield* responses(call, method, options);
}

/** Calls a method with streams both ways; the call is made when the first response is asked for. */
export async function* callBidiStreaming(
  channel: RpcChannel,
  method: DescMethod,
  requests: AsyncIterable<Init>,
  options: CallOptions = {},
): AsyncGenerator<Message, void, undefined> {
  refuseAborted(options);
  const call = channel.connection.makeBidiStreamRequest(
    methodPath(method),
    passBytes,
    passBytes,
    callMetadata(options),
    grpcOptions(options),
  );
  const sending = new Sending();
  sending.start(call, method, requests);
  try {
    yield* responses(call, method, options);
  } catch (error) {
    throw sending.failure ?? error;
  } finally {
    sending.stop();
  }
}

/** The requests of one call on their way. Where their source fails, the call is cancelled and `failure` says why. */
class Sending {
  failure: unknown;
  readonly #stopped = new AbortController();

  start(call: ClientWritableStream<Buffer>, method: DescMethod, requests: AsyncIterable<Init>): void {
    // What the call itself fails with stops the sending, too, but is reported by whoever waits for the response.
    let failureOfCall: unknown;
    call.on('error', (error) => {
      failureOfCall = error;
    });
    sendAll(call, method.input, requests, this.#stopped.signal).then(
      () => call.end(),
      (error: unknown) => {
        if (this.#stopped.signal.aborted || error === failureOfCall) return;
        this.failure = error;
        call.cancel();
      },
    );
  }

  /** Says that the call is over; the source is told to stop. */
  stop(): void {
    this.#stopped.abort();
  }
}

function respondOnce(
  method: DescMethod,
  options: CallOptions,
  start: (respond: Respond) => { cancel(): void },
): Promise<Message> {
  return new Promise((resolve, reject) => {
    const call = start((error, bytes) => {
      release();
      if (error || bytes === undefined) reject(rpcErrorFrom(error));
      else resolve(fromBinary(method.output, bytes));
    });
    const release = cancelOnAbort(call, options);
  });
}

async function* responses(
  call: Readable & { cancel(): void },
  method: DescMethod,
  options: CallOptions,
): AsyncGenerator<Message, void, undefined> {
  const release = cancelOnAbort(call, options);
  let ended = false;
  // The iterator reports errors; after an early return nobody is left to hear that the call was cancelled.
  call.on('error', () => {
    ended = true;
  });
  try {
    for await (const bytes of call) yield fromBinary(method.output, bytes);
    ended = true;
  } catch (error) {
    throw rpcErrorFrom(error);
  } finally {
    release();
    if (!ended) call.cancel();
  }
}
