import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import type { Bus } from './connection.ts';
import { whileAway } from './retry.ts';
import { isNotFound } from './streams.ts';

/** The newest message of a stream on a subject, which may have wildcards; undefined where there is none. */
export async function lastMessage<D extends DescMessage>(
  bus: Bus,
  stream: string,
  subject: string,
  schema: D,
  signal?: AbortSignal,
): Promise<MessageShape<D> | undefined> {
  const stored = await whileAway(bus, { what: `reading ${subject}`, signal }, () =>
    bus.manager.streams.getMessage(stream, { last_by_subj: subject }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    }),
  );
  return stored && fromBinary(schema, stored.data);
}
