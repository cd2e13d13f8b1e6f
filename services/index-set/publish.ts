import { create } from '@bufbuild/protobuf';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import {
  SelectionFailureSchema,
  SelectionFinishedSchema,
  StoredIndexSetSchema,
} from '../../proto/gen/winnow/v1/events_pb.ts';
import type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import type { AppError } from '../app-error.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { putObject } from '../platform/bus/objects.ts';
import { publish } from '../platform/bus/publish.ts';
import { INDEX_SET_BUCKET, indexSetSubject } from '../platform/bus/streams.ts';
import { sha256Hex } from '../platform/sha256.ts';
import { encodeIndexSet, withEncodedSet } from './encode.ts';

/** Largest set that travels inside its message: half of NATS' default limit of 1 MiB, which covers the whole message. */
const MAX_INLINE_BYTES = 512 * 1024;

/** The id that lets the stream drop a second answer to the same request. */
const messageIdOf = (runId: string, round: number) => `${runId}.${round}`;

/**
 * Publishes a run's index set, through the object store where it is too large for a message. A round has one answer for
 * good: publishing another changes nothing.
 */
export async function publishIndexSet(bus: Bus, set: IndexSet, signal?: AbortSignal): Promise<void> {
  const { runId, round } = set;
  const bytes = encodeIndexSet(set);
  let finished = create(SelectionFinishedSchema, { runId, round });
  if (bytes.length <= MAX_INLINE_BYTES) {
    finished = withEncodedSet(finished, bytes);
  } else {
    // named for its bytes: a set made twice must not replace the one that the first answer points to
    const name = `${messageIdOf(runId, round)}.${sha256Hex(bytes)}`;
    const { sha256, sizeBytes } = await putObject(bus, INDEX_SET_BUCKET, name, bytes);
    finished.outcome = {
      case: 'stored',
      value: create(StoredIndexSetSchema, { name, sha256, sizeBytes: BigInt(sizeBytes) }),
    };
  }
  await publish(bus, indexSetSubject(runId, round), SelectionFinishedSchema, finished, {
    messageId: messageIdOf(runId, round),
    onlyOne: true,
    signal,
  });
}

/** Publishes why a run's round has no index set. */
export async function publishFailure(
  bus: Bus,
  runId: string,
  round: number,
  error: AppError,
  signal?: AbortSignal,
): Promise<void> {
  const failure = create(SelectionFailureSchema, {
    reason: error.reason || ErrorReason.INTERNAL,
    message: error.message,
  });
  const finished = create(SelectionFinishedSchema, { runId, round, outcome: { case: 'failure', value: failure } });
  await publish(bus, indexSetSubject(runId, round), SelectionFinishedSchema, finished, {
    messageId: messageIdOf(runId, round),
    onlyOne: true,
    signal,
  });
}
