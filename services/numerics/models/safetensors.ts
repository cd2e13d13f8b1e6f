import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../app-error.ts';
import type { WeightSnapshot, WeightValues } from './weights.ts';

/** Longest header that is read; the format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;

const LENGTH_BYTES = 8;

/** The header is padded so that the data begins at a multiple of this, as the format asks for. */
const ALIGNMENT = 8;

/** How tensors of a type become float32. */
export interface TensorType {
  /** Size of an element. */
  readonly bytes: number;
  /** The values of a buffer of whole elements, little-endian. */
  toFloat32(buffer: ArrayBuffer): Float32Array;
}

/** Types of tensors by their name in the format. */
export type TensorTypes = Readonly<Record<string, TensorType>>;

const FLOAT32: TensorTypes = { F32: { bytes: 4, toFloat32: (buffer) => new Float32Array(buffer) } };

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

function corrupt(what: string): AppError {
  return new AppError(ErrorReason.CORRUPT_CHECKPOINT, `the checkpoint is no valid safetensors file: ${what}`);
}

/** Encodes float32 tensors, and texts about them, as a safetensors file (8-byte length, JSON header, raw little-endian data). */
export function encodeSafetensors(
  tensors: WeightSnapshot,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = JSON.stringify(header);
  const unpadded = Buffer.byteLength(json);
  const text = json + ' '.repeat((ALIGNMENT - (unpadded % ALIGNMENT)) % ALIGNMENT);
  const headerBytes = Buffer.byteLength(text);
  const file = Buffer.alloc(LENGTH_BYTES + headerBytes + offset);
  file.writeBigUInt64LE(BigInt(headerBytes));
  file.write(text, LENGTH_BYTES);
  let at = LENGTH_BYTES + headerBytes;
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

function readHeader(file: Buffer): { header: Record<string, unknown>; dataStart: number } {
  if (file.length < LENGTH_BYTES) throw corrupt(`it has ${file.length} bytes, the header's length alone takes 8`);
  const length = file.readBigUInt64LE();
  if (length > BigInt(Math.min(MAX_HEADER_BYTES, file.length - LENGTH_BYTES))) {
    throw corrupt(`its header claims ${length} bytes of a file of ${file.length}`);
  }
  const dataStart = LENGTH_BYTES + Number(length);
  try {
    const header: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(LENGTH_BYTES, dataStart)),
    );
    if (typeof header !== 'object' || header === null || Array.isArray(header)) throw new TypeError('no object');
    return { header: header as Record<string, unknown>, dataStart };
  } catch (error) {
    throw corrupt(`its header is no JSON object (${error instanceof Error ? error.name : 'unreadable'})`);
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const { dtype, shape, data_offsets: offsets } = value as Partial<Entry>;
  const sizes = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((item) => Number.isSafeInteger(item) && item >= 0);
  return typeof dtype === 'string' && sizes(shape) && sizes(offsets) && offsets.length === 2;
}

function readTensor(name: string, value: unknown, data: Buffer, types: TensorTypes): WeightValues {
  if (!isEntry(value)) throw corrupt(`the entry of ${JSON.stringify(name)} is malformed`);
  const type = types[value.dtype];
  if (!type) {
    throw corrupt(`${JSON.stringify(name)} is ${value.dtype}; only ${Object.keys(types).join(', ')} is read`);
  }
  const [begin, end] = value.data_offsets;
  const elements = value.shape.reduce((product, size) => product * size, 1);
  if (end > data.length || end - begin !== elements * type.bytes) {
    throw corrupt(
      `${JSON.stringify(name)} of shape [${value.shape}] does not fit bytes ${begin} to ${end} of ${data.length}`,
    );
  }
  // copied, since a typed array must begin at a multiple of its elements' size
  const bytes = new Uint8Array(elements * type.bytes);
  bytes.set(data.subarray(begin, end));
  return { shape: value.shape, data: type.toFloat32(bytes.buffer) };
}

/** The format allows neither gaps nor overlaps between tensors, nor anything after the last. */
function checkLayout(entries: readonly Entry[], dataBytes: number): void {
  let at = 0;
  for (const [begin, end] of entries.map((entry) => entry.data_offsets).sort(([a, b], [c, d]) => a - c || b - d)) {
    if (begin !== at) throw corrupt(`its tensors leave a gap or overlap at byte ${Math.min(begin, at)} of the data`);
    at = end;
  }
  if (at !== dataBytes) throw corrupt(`it has ${dataBytes} bytes of data, its tensors take ${at}`);
}

/**
 * Decodes a safetensors file of tensors of the given types; float32 where none are given. Tensors that `isRead` says no to
 * are left out, whatever their type. CORRUPT_CHECKPOINT says what is wrong with the file.
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  types: TensorTypes = FLOAT32,
  isRead: (name: string) => boolean = () => true,
): Map<string, WeightValues> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { header, dataStart } = readHeader(file);
  const data = file.subarray(dataStart);
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  const read = entries.filter(([name, entry]) => isRead(name) || !isEntry(entry));
  const tensors = new Map(read.map(([name, entry]) => [name, readTensor(name, entry, data, types)]));
  checkLayout(
    entries.map(([, entry]) => entry as Entry),
    data.length,
  );
  return tensors;
}

/** The texts about its tensors that a safetensors file carries; none where it has no metadata. CORRUPT_CHECKPOINT. */
export function safetensorsMetadata(bytes: Uint8Array): Record<string, string> {
  const { header } = readHeader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const metadata = header.__metadata__ ?? {};
  const texts = typeof metadata === 'object' && !Array.isArray(metadata) ? Object.values(metadata) : [undefined];
  if (!texts.every((text) => typeof text === 'string')) throw corrupt('its metadata are not texts by name');
  return { ...(metadata as Record<string, string>) };
}

/** CORRUPT_CHECKPOINT where a file's tensors are not exactly those of a model, or not finite. */
export function checkSnapshot(snapshot: WeightSnapshot, expected: ReadonlyMap<string, readonly number[]>): void {
  const mismatch = (what: string) =>
    new AppError(
      ErrorReason.CORRUPT_CHECKPOINT,
      `the checkpoint is not of this model: ${what}; check the model's architecture and parameters`,
    );
  for (const [name, shape] of expected) {
    const found = snapshot.get(name);
    if (!found) throw mismatch(`${name} is missing`);
    if (String(found.shape) !== String(shape))
      throw mismatch(`${name} has shape [${found.shape}], expected [${shape}]`);
    if (!found.data.every(Number.isFinite)) throw mismatch(`${name} has values that are not finite`);
  }
  for (const name of snapshot.keys()) if (!expected.has(name)) throw mismatch(`${name} is unknown`);
}
