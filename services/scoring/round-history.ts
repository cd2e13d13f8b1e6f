import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../app-error.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { deleteObject, getObject, putObject } from '../platform/bus/objects.ts';
import { HISTORY_BUCKET } from '../platform/bus/streams.ts';
import type { SelectionHistory } from '../selection/history.ts';

/** One byte whether it was right, two for the count. */
const BYTES_PER_EXAMPLE = 3;

/** Why a history is not there: it gave way to newer ones, in whole or in part, or was never stored. */
const GONE: ReadonlySet<ErrorReason> = new Set([ErrorReason.UNKNOWN_INDEX_SET, ErrorReason.INVALID_INDEX_SET]);

const nameOf = (runId: string, round: number) => `${runId}.${round}`;

/**
 * Stores what a run's round saw, so that the next finds it whichever replica serves it: N bytes of `correctBefore`, then
 * N little-endian uint16 of `forgettingCounts`. The round before the last is deleted: its successor was answered.
 */
export async function storeHistory(
  bus: Bus,
  runId: string,
  round: number,
  { correctBefore, forgettingCounts }: Required<SelectionHistory>,
): Promise<void> {
  const examples = correctBefore.length;
  const bytes = new Uint8Array(examples * BYTES_PER_EXAMPLE);
  bytes.set(correctBefore);
  const view = new DataView(bytes.buffer, examples);
  forgettingCounts.forEach((count, i) => {
    view.setUint16(2 * i, count, true);
  });
  await putObject(bus, HISTORY_BUCKET, nameOf(runId, round), bytes);
  if (round > 1) await deleteObject(bus, HISTORY_BUCKET, nameOf(runId, round - 2));
}

/** What a run's round saw; undefined where it is not stored. */
export async function readHistory(
  bus: Bus,
  runId: string,
  round: number,
  signal?: AbortSignal,
): Promise<Required<SelectionHistory> | undefined> {
  try {
    return decode(await getObject(bus, HISTORY_BUCKET, nameOf(runId, round), { signal }));
  } catch (error) {
    if (error instanceof AppError && GONE.has(error.reason)) return undefined;
    throw error;
  }
}

function decode(bytes: Uint8Array): Required<SelectionHistory> {
  const examples = Math.floor(bytes.length / BYTES_PER_EXAMPLE);
  const view = new DataView(bytes.buffer, bytes.byteOffset + examples);
  return {
    correctBefore: Uint8Array.from(bytes.subarray(0, examples)),
    forgettingCounts: Uint16Array.from({ length: examples }, (_, i) => view.getUint16(2 * i, true)),
  };
}
