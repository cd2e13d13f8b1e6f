import { crc32c } from './crc32c.ts';

// A checksum that is stored beside data that holds checksums is masked (TensorFlow, crc32c.h).
const MASK_DELTA = 0xa282ead8;

/** A record as TensorFlow frames it: length (8 bytes), its masked CRC, the data, its masked CRC; little-endian. */
export function tfRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(8 + 4 + data.length + 4);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(record.subarray(0, 8))), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, masked(crc32c(data)), true);
  return record;
}

function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}
