import { create } from '@bufbuild/protobuf';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { type StoredScores, StoredScoresSchema } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import { AppError } from '../app-error.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { getObject, putObject } from '../platform/bus/objects.ts';
import { SCORE_BUCKET } from '../platform/bus/streams.ts';
import { sha256Hex } from '../platform/sha256.ts';

const BYTES_PER_SCORE = 4;

/** Why scores are no longer there: they gave way to newer ones, in whole or in part. */
const GONE: ReadonlySet<ErrorReason> = new Set([ErrorReason.UNKNOWN_INDEX_SET, ErrorReason.INVALID_INDEX_SET]);

/** Stores the scores of a run's round; RangeError for one that is not finite. */
export async function storeScores(
  bus: Bus,
  { runId, round }: { readonly runId: string; readonly round: number },
  scores: Float32Array,
  meaning: string,
): Promise<StoredScores> {
  const wrong = scores.findIndex((score) => !Number.isFinite(score));
  if (wrong >= 0) throw new RangeError(`the score of example ${wrong} is ${scores[wrong]}`);
  const bytes = new Uint8Array(scores.length * BYTES_PER_SCORE);
  const view = new DataView(bytes.buffer);
  scores.forEach((score, i) => {
    view.setFloat32(i * BYTES_PER_SCORE, score, true);
  });
  // named for its bytes: scores made twice must not replace those that the first answer points to
  const name = `${runId}.${round}.${sha256Hex(bytes)}`;
  const { sha256, sizeBytes } = await putObject(bus, SCORE_BUCKET, name, bytes);
  return create(StoredScoresSchema, { name, sha256, sizeBytes: BigInt(sizeBytes), meaning });
}

/** The scores of all N examples; undefined where they are no longer stored, or are not N. */
export async function readScores(
  bus: Bus,
  stored: StoredScores | undefined,
  examples: number,
  signal?: AbortSignal,
): Promise<Float32Array | undefined> {
  if (stored?.sizeBytes !== BigInt(examples * BYTES_PER_SCORE)) return undefined;
  try {
    const { sha256, name } = stored;
    const bytes = await getObject(bus, SCORE_BUCKET, name, { sha256, signal });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Float32Array.from({ length: examples }, (_, i) => view.getFloat32(i * BYTES_PER_SCORE, true));
  } catch (error) {
    if (error instanceof AppError && GONE.has(error.reason)) return undefined;
    throw error;
  }
}
