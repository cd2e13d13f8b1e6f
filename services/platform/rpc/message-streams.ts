import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { abortable } from '../abortable.ts';
import { decodeRequest, encodeMessage } from './message-codec.ts';

/** The requests of a call on the server, each read from the connection only when it is asked for. */
export async function* receiveAll<D extends DescMessage>(
  call: Readable,
  schema: D,
  signal: AbortSignal,
): AsyncGenerator<MessageShape<D>, void, undefined> {
  // The iterator must leave the stream alone when it ends: on a duplex stream, the response goes the same way.
  const received: AsyncIterable<Buffer> = call.iterator({ destroyOnReturn: false });
  for await (const bytes of abortable(received, signal)) yield decodeRequest(schema, bytes);
}

/** Sends messages over a call, each produced only when the other side has room for it. Doesn't end the stream. */
export async function sendAll<D extends DescMessage>(
  call: Writable,
  schema: D,
  messages: AsyncIterable<MessageInitShape<D>>,
  signal: AbortSignal,
): Promise<undefined> {
  for await (const message of abortable(messages, signal)) {
    if (!call.write(encodeMessage(schema, message))) await once(call, 'drain', { signal });
  }
}
