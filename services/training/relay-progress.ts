import { EpochProgressSchema } from '../../proto/gen/winnow/v1/training_service_pb.ts';
import { hearBroadcasts } from '../platform/bus/broadcast.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { runProgressSubject } from '../platform/bus/streams.ts';
import type { RunRecords } from './run-records.ts';

/** Tells this process's watchers how far the runs are that other processes train, until the signal. */
export function relayProgress(bus: Bus, records: RunRecords, signal: AbortSignal): Promise<void> {
  const subject = runProgressSubject('*');
  const prefix = subject.slice(0, -1);
  return hearBroadcasts(bus, subject, EpochProgressSchema, signal, (progress, sentTo) => {
    const id = sentTo.slice(prefix.length);
    if (!records.isOwn(id)) records.progress(id, progress);
  });
}
