import { type ShardPlace, shardName } from '../../platform/bus/streams.ts';
import { sha256Hex } from '../../platform/sha256.ts';

// Enough to tell apart what two replicas may have measured of one shard.
const DIGEST_DIGITS = 16;

/** The object that holds a shard's file: RUN.ROUND.KEY.SHARD.DIGEST, so that a late second answer leaves the first one alone. */
export function shardObject(place: ShardPlace, file: Uint8Array | string): string {
  const digest = typeof file === 'string' ? file : sha256Hex(file);
  return `${shardName(place)}.${digest.slice(0, DIGEST_DIGITS)}`;
}
