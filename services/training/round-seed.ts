import { createHash } from 'node:crypto';

/** The seed of a run's round: SHA-256 of both, so that rounds draw apart and a repeated request draws the same. */
export function roundSeed(seed: bigint, round: number): bigint {
  return createHash('sha256').update(`round/${seed}/${round}`).digest().readBigUInt64LE();
}
