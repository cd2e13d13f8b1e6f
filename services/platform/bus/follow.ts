import { setTimeout as sleep } from 'node:timers/promises';
import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import type { JsMsg } from 'nats';
import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../app-error.ts';
import { untilAborted } from '../abortable.ts';
import type { Bus } from './connection.ts';
import { inMessageSpan } from './message-span.ts';

// How long one request waits on the server for more; after a restart, the next one goes to the new server.
const POLL_MS = 5_000;
const RETRY_MS = 1_000;
// Fetched at once; a message is at most 1 MiB.
const BATCH = 16;

/** What to read from a stream. */
export interface FollowOptions {
  readonly stream: string;
  readonly filterSubject: string;
  readonly signal: AbortSignal;
}

/** Every message of a stream, from the oldest that it keeps on; ends when the signal aborts. Undecodable ones are left out. */
export async function* followStream<D extends DescMessage>(
  bus: Bus,
  options: FollowOptions & { readonly schema: D },
): AsyncGenerator<MessageShape<D>, void, undefined> {
  for await (const raw of followMessages(bus, options)) {
    const message = decodeMessage(bus, options.schema, raw);
    if (message) yield message;
  }
}

/**
 * Handles every message of a stream as {@link followStream} gives them, one after another, each in a span that continues
 * its publisher's trace; `consumer` names who handles them. Resolves when the signal aborts.
 */
export async function handleStream<D extends DescMessage>(
  bus: Bus,
  options: FollowOptions & { readonly schema: D; readonly consumer: string },
  handle: (message: MessageShape<D>) => void,
): Promise<void> {
  for await (const raw of followMessages(bus, options)) {
    const message = decodeMessage(bus, options.schema, raw);
    if (message) await inMessageSpan(raw, options.consumer, async () => handle(message));
  }
}

function decodeMessage<D extends DescMessage>(
  bus: Bus,
  schema: D,
  { data, subject }: JsMsg,
): MessageShape<D> | undefined {
  try {
    return fromBinary(schema, data);
  } catch (error) {
    bus.log.error({ err: error, subject }, `a message that is no ${schema.typeName} is left out`);
    return undefined;
  }
}

/**
 * The raw messages, each once and in order. Where the server was away, reading goes on behind the last message seen.
 * Throws BUS_UNAVAILABLE when the bus is closed.
 */
export async function* followMessages(bus: Bus, options: FollowOptions): AsyncGenerator<JsMsg, void, undefined> {
  const { stream, signal } = options;
  let seen = 0;
  while (!signal.aborted) {
    try {
      for await (const message of readFrom(bus, options, seen + 1)) {
        // A batch that was asked for before the server went away may still arrive.
        if (message.seq <= seen) continue;
        seen = message.seq;
        yield message;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (bus.closed) throw new AppError(ErrorReason.BUS_UNAVAILABLE, `${stream}: the bus is closed`, { cause: error });
      const reason = error instanceof Error ? error.message : String(error);
      bus.log.warn({ stream, reason }, `${stream} can't be read; trying again`);
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
}

/** Reads until something goes wrong. An ordered consumer has no acknowledgements and leaves nothing on the server. */
async function* readFrom(
  bus: Bus,
  options: FollowOptions,
  firstSequence: number,
): AsyncGenerator<JsMsg, void, undefined> {
  const { stream, filterSubject, signal } = options;
  const ordered = { filterSubjects: filterSubject, opt_start_seq: firstSequence };
  const consumer = await untilAborted(bus.jetstream.consumers.get(stream, ordered), signal);
  try {
    while (!signal.aborted) {
      const batch = await untilAborted(consumer.fetch({ max_messages: BATCH, expires: POLL_MS }), signal);
      const stop = () => batch.stop();
      signal.addEventListener('abort', stop, { once: true });
      try {
        yield* batch;
      } finally {
        signal.removeEventListener('abort', stop);
        batch.stop();
      }
    }
  } finally {
    consumer.delete().catch(() => {
      // The server removes it by itself when nobody reads from it.
    });
  }
}
