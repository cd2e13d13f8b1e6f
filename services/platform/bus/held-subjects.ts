import type { Bus } from './connection.ts';
import { whileAway } from './retry.ts';

/** Subjects that a stream holds messages on, of those that a filter, which may have wildcards, takes in. */
export async function heldSubjects(
  bus: Bus,
  stream: string,
  filter: string,
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const { state } = await whileAway(bus, { what: `reading what ${stream} holds`, signal }, () =>
    bus.manager.streams.info(stream, { subjects_filter: filter }),
  );
  return new Set(Object.keys(state.subjects ?? {}));
}
