import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { Bus } from './connection.ts';

/** Sends a message to whoever listens at this moment; nothing is stored, and while the bus is away it is lost. */
export function broadcast<D extends DescMessage>(
  bus: Bus,
  subject: string,
  schema: D,
  message: MessageInitShape<D>,
): void {
  try {
    bus.connection.publish(subject, toBinary(schema, create(schema, message)));
  } catch (error) {
    bus.log.debug({ err: error, subject }, 'a broadcast could not be sent');
  }
}

/** Hears broadcasts on a subject, which may have wildcards, until the signal. Those that can't be decoded are left out. */
export async function hearBroadcasts<D extends DescMessage>(
  bus: Bus,
  subject: string,
  schema: D,
  signal: AbortSignal,
  hear: (message: MessageShape<D>, subject: string) => void,
): Promise<void> {
  if (signal.aborted) return;
  const subscription = bus.connection.subscribe(subject);
  signal.addEventListener('abort', () => subscription.unsubscribe(), { once: true });
  for await (const { data, subject: sentTo } of subscription) {
    try {
      hear(fromBinary(schema, data), sentTo);
    } catch (error) {
      bus.log.debug({ err: error, subject: sentTo }, `a broadcast is no ${schema.typeName}`);
    }
  }
}
