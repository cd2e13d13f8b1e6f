import { fromBinary } from '@bufbuild/protobuf';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { SelectionFinished, StoredIndexSet } from '../../proto/gen/winnow/v1/events_pb.ts';
import { type IndexSet, IndexSetSchema } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import { AppError } from '../app-error.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { getObject } from '../platform/bus/objects.ts';
import { INDEX_SET_BUCKET } from '../platform/bus/streams.ts';

async function fetchStored(bus: Bus, { name, sha256 }: StoredIndexSet, signal?: AbortSignal): Promise<IndexSet> {
  const bytes = await getObject(bus, INDEX_SET_BUCKET, name, { sha256, signal });
  try {
    return fromBinary(IndexSetSchema, bytes);
  } catch (cause) {
    throw new AppError(ErrorReason.INVALID_INDEX_SET, `the stored index set ${name} can't be decoded`, { cause });
  }
}

/** The index set that a SelectionFinished carries or points to. A failure is thrown as the AppError it was. */
export async function readOutcome(
  bus: Bus,
  { outcome, runId, round }: SelectionFinished,
  signal?: AbortSignal,
): Promise<IndexSet> {
  switch (outcome.case) {
    case 'indexSet':
      return outcome.value;
    case 'stored':
      return fetchStored(bus, outcome.value, signal);
    case 'failure':
      throw new AppError(outcome.value.reason, `selection failed: ${outcome.value.message}`);
    default:
      throw new AppError(ErrorReason.INVALID_INDEX_SET, `the answer for round ${round} of run ${runId} is empty`);
  }
}
