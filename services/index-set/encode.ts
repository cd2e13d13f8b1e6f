import { toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type SelectionFinished, SelectionFinishedSchema } from '../../proto/gen/winnow/v1/events_pb.ts';
import { type IndexSet, IndexSetSchema } from '../../proto/gen/winnow/v1/index_set_pb.ts';

/** Bytes of the longest uint32 varint. */
const LONGEST_VARINT = 5;

/**
 * The bytes of an index set. Its gaps, nearly all of the message, are written by `varints`: the general encoder takes
 * thirty times as long, a noticeable pause at a million examples.
 */
export function encodeIndexSet(set: IndexSet): Uint8Array<ArrayBuffer> {
  const { number } = IndexSetSchema.field.indexGaps;
  if (set.indexGaps.length === 0) return toBinary(IndexSetSchema, set);
  const gaps = encoded(number, varints(set.indexGaps));
  return toBinary(IndexSetSchema, { ...set, indexGaps: [], $unknown: [...(set.$unknown ?? []), gaps] });
}

/** An answer that carries the bytes of an index set, not to encode them again. */
export function withEncodedSet(finished: SelectionFinished, set: Uint8Array): SelectionFinished {
  return { ...finished, $unknown: [encoded(SelectionFinishedSchema.field.indexSet.number, set)] };
}

/** A field as the encoder passes on those it doesn't know: in the bytes that it has on the wire. */
function encoded(no: number, value: Uint8Array) {
  return { no, wireType: WireType.LengthDelimited, data: new BinaryWriter().bytes(value).finish() };
}

/** Uint32 numbers as protobuf's varints, 7 bits a byte, the lowest first. */
function varints(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(LONGEST_VARINT * values.length);
  let length = 0;
  for (const value of values) {
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) {
      bytes[length] = (rest & 0x7f) | 0x80;
      length += 1;
    }
    bytes[length] = rest;
    length += 1;
  }
  return bytes.subarray(0, length);
}
