import { type SelectionFinished, SelectionFinishedSchema } from '../../proto/gen/winnow/v1/events_pb.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { followStream } from '../platform/bus/follow.ts';
import { lastMessage } from '../platform/bus/last-message.ts';
import { INDEX_SET_STREAM, indexSetSubject } from '../platform/bus/streams.ts';

/** Looks up what was published for a run's rounds. */
export class IndexSetHistory {
  readonly #bus: Bus;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** The answer of one round, or of the newest answered one; undefined where there is none. */
  find(runId: string, round?: number, signal?: AbortSignal): Promise<SelectionFinished | undefined> {
    const subject = indexSetSubject(runId, round ?? '*');
    return lastMessage(this.#bus, INDEX_SET_STREAM, subject, SelectionFinishedSchema, signal);
  }

  /** Every answer of a run, those already published first, until the signal. */
  follow(runId: string, signal: AbortSignal): AsyncIterable<SelectionFinished> {
    const filterSubject = indexSetSubject(runId, '*');
    return followStream(this.#bus, {
      stream: INDEX_SET_STREAM,
      filterSubject,
      schema: SelectionFinishedSchema,
      signal,
    });
  }
}
