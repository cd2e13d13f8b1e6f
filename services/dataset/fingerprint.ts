import { createHash } from 'node:crypto';
import { type ImageShape, type Split, splitSize } from './dataset.ts';

// A single update of 2 GiB or more is refused by the hash.
const HASH_CHUNK_BYTES = 2 ** 26;

/**
 * DatasetInfo.fingerprint of a training split: SHA-256 in lower-case hex over, in this order, N, H, W and C as
 * little-endian uint32, the N labels as little-endian uint16, and the N*H*W*C pixels in NHWC order.
 */
export function fingerprintOf(split: Split, { height, width, channels }: ImageShape): string {
  const hash = createHash('sha256');
  const header = Buffer.alloc(16);
  [splitSize(split), height, width, channels].forEach((value, i) => {
    header.writeUInt32LE(value, 4 * i);
  });
  const labels = Buffer.alloc(2 * splitSize(split));
  split.labels.forEach((label, i) => {
    labels.writeUInt16LE(label, 2 * i);
  });
  hash.update(header).update(labels);
  for (let start = 0; start < split.images.length; start += HASH_CHUNK_BYTES) {
    hash.update(split.images.subarray(start, start + HASH_CHUNK_BYTES));
  }
  return hash.digest('hex');
}
