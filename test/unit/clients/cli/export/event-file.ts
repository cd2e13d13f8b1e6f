import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** A value of an event file. */
export interface ReadScalar {
  readonly tag: string;
  readonly step: number;
  readonly value: number;
  /** Seconds since 1970. */
  readonly wallTime: number;
}

/** An event file, read by its format. */
export interface EventFile {
  readonly version: string | undefined;
  readonly scalars: ReadScalar[];
}

/** Reads a TensorBoard event file: TFRecord frames with Event messages. Throws where a checksum is wrong. */
export function readEventFile(bytes: Uint8Array): EventFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scalars: ReadScalar[] = [];
  let version: string | undefined;
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    check(bytes.subarray(at, at + 8), view.getUint32(at + 8, true));
    const data = bytes.subarray(at + 12, at + 12 + length);
    check(data, view.getUint32(at + 12 + length, true));
    const fields = readFields(data);
    const text = fields.get(3);
    if (text) version = new TextDecoder().decode(text as Uint8Array);
    const summary = fields.get(5) as Uint8Array | undefined;
    if (summary) {
      const value = readFields(readFields(summary).get(1) as Uint8Array);
      scalars.push({
        tag: new TextDecoder().decode(value.get(1) as Uint8Array),
        value: value.get(2) as number,
        step: Number(fields.get(2)),
        wallTime: fields.get(1) as number,
      });
    }
    at += 12 + length + 4;
  }
  return { version, scalars };
}

function readFields(bytes: Uint8Array): Map<number, number | bigint | Uint8Array> {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, number | bigint | Uint8Array>();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type === WireType.Bit64) fields.set(field, reader.double());
    else if (type === WireType.Bit32) fields.set(field, reader.float());
    else if (type === WireType.Varint) fields.set(field, BigInt(reader.int64()));
    else fields.set(field, reader.bytes());
  }
  return fields;
}

/** CRC-32C bit by bit, as RFC 3720 defines it, masked as TensorFlow does. */
function check(data: Uint8Array, expected: number): void {
  let crc = 0xffffffffn;
  for (const byte of data) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  crc ^= 0xffffffffn;
  const masked = (((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn;
  if (Number(masked) !== expected) throw new Error('a checksum is wrong');
}
