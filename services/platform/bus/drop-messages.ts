import type { Bus } from './connection.ts';
import { whileAway } from './retry.ts';

/** Removes a stream's messages on a subject, which may have wildcards. */
export async function dropMessages(bus: Bus, stream: string, subject: string): Promise<void> {
  await whileAway(bus, { what: `dropping ${subject}` }, () => bus.manager.streams.purge(stream, { filter: subject }));
}
