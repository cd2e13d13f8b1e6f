import { TrainingService } from '../../proto/gen/winnow/v1/training_service_pb.ts';
import { createClient, openChannel } from '../../services/platform/rpc/client.ts';

/** Many open WatchRun streams. */
export interface Watchers {
  /** Streams that have had their first message. */
  readonly open: number;
  /** Messages received by all. */
  readonly messages: number;
  /** Streams that ended with an error, by its message. */
  readonly refused: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

// As many streams share a connection as HTTP/2 servers usually allow.
const STREAMS_PER_CONNECTION = 100;

/** Watches a run by `count` streams at once. */
export function watchRun(address: string, runId: string, count: number): Watchers {
  const stop = new AbortController();
  const channels = Array.from({ length: Math.ceil(count / STREAMS_PER_CONNECTION) }, () => openChannel(address));
  const refused = new Map<string, number>();
  let [open, messages] = [0, 0];
  const watch = async (i: number) => {
    const client = createClient(TrainingService, channels[Math.floor(i / STREAMS_PER_CONNECTION)]!);
    let isFirst = true;
    try {
      for await (const _ of client.watchRun({ runId }, { signal: stop.signal })) {
        messages += 1;
        if (isFirst) open += 1;
        isFirst = false;
      }
    } catch (error) {
      if (stop.signal.aborted) return;
      const { message } = error as Error;
      refused.set(message, (refused.get(message) ?? 0) + 1);
    }
  };
  const watching = Array.from({ length: count }, (_, i) => watch(i));
  return {
    get open() {
      return open;
    },
    get messages() {
      return messages;
    },
    refused,
    close: async () => {
      stop.abort();
      await Promise.all(watching);
      for (const channel of channels) channel.close();
    },
  };
}
