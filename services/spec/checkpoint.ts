import type { CheckpointRef } from '../../proto/gen/winnow/v1/model_pb.ts';
import { invalidField } from '../app-error.ts';

const SHA256_HEX = /^[0-9a-f]{64}$/;

/** A checkpoint whose name in the store is one; whether it is there is not looked at. INVALID_FIELD below `field`. */
export function resolveCheckpoint(checkpoint: CheckpointRef | undefined, field: string): CheckpointRef {
  const { sha256 } = checkpoint ?? {};
  if (!checkpoint || !sha256) throw invalidField(`${field}.sha256`, 'is missing; a run has it in Run.checkpoint');
  if (!SHA256_HEX.test(sha256)) throw invalidField(`${field}.sha256`, 'is not a SHA-256 in 64 lower-case hex digits');
  return checkpoint;
}
