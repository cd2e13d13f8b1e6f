import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { SeriesPoint } from '../run-series.ts';

// Field numbers of tensorflow.Event, Summary and Summary.Value (tensorflow/core/util/event.proto, framework/summary.proto).
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const;
const SUMMARY_VALUE = 1;
const VALUE = { tag: 1, simpleValue: 2 } as const;

/** The first event of a file: says how the others are written. */
export function versionEvent(timeMs: number): Uint8Array {
  return eventAt(timeMs).tag(EVENT.fileVersion, WireType.LengthDelimited).string('brain.Event:2').finish();
}

/** The event of one value of a curve, which TensorBoard shows under "scalars". */
export function scalarEvent({ name, step, value, timeMs }: SeriesPoint): Uint8Array {
  const scalar = new BinaryWriter()
    .tag(VALUE.tag, WireType.LengthDelimited)
    .string(name)
    .tag(VALUE.simpleValue, WireType.Bit32)
    .float(value)
    .finish();
  const summary = new BinaryWriter().tag(SUMMARY_VALUE, WireType.LengthDelimited).bytes(scalar).finish();
  return eventAt(timeMs)
    .tag(EVENT.step, WireType.Varint)
    .int64(step)
    .tag(EVENT.summary, WireType.LengthDelimited)
    .bytes(summary)
    .finish();
}

function eventAt(timeMs: number): BinaryWriter {
  return new BinaryWriter().tag(EVENT.wallTime, WireType.Bit64).double(timeMs / 1000);
}
