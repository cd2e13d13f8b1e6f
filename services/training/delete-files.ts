import type { Run } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { deleteObject } from '../platform/bus/objects.ts';
import { CHECKPOINT_BUCKET } from '../platform/bus/streams.ts';
import type { RunRecords } from './run-records.ts';

const refersTo = ({ checkpoint, best }: Run, sha256: string): boolean =>
  checkpoint?.sha256 === sha256 || best?.checkpoint?.sha256 === sha256;

/**
 * Deletes files of a run's earlier rounds. As files are named for their bytes, two runs may share one: what a record
 * points to stays.
 */
export async function deleteFiles(bus: Bus, records: RunRecords, names: Iterable<string>): Promise<void> {
  for (const sha256 of names) {
    if (!records.list().some((run) => refersTo(run, sha256))) await deleteObject(bus, CHECKPOINT_BUCKET, sha256);
  }
}
