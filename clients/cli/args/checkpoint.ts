import { InvalidArgumentError } from '@commander-js/extra-typings';

/** A checkpoint in the store. */
export interface CheckpointArgument {
  readonly sha256: string;
  readonly sizeBytes: bigint;
}

/** A parser of "SHA256:BYTES", the two figures that `winnow run get` prints of a run's model. */
export function checkpointArgument(text: string): CheckpointArgument {
  const [, sha256, size] = /^([0-9a-f]{64}):(\d+)$/i.exec(text) ?? [];
  if (sha256 === undefined || size === undefined) {
    throw new InvalidArgumentError('give SHA256:BYTES, as "winnow run get" shows them.');
  }
  return { sha256: sha256.toLowerCase(), sizeBytes: BigInt(size) };
}
