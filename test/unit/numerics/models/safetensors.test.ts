import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../../../../services/app-error.ts';
import {
  checkSnapshot,
  decodeSafetensors,
  encodeSafetensors,
  safetensorsMetadata,
} from '../../../../services/numerics/models/safetensors.ts';
import type { WeightSnapshot, WeightValues } from '../../../../services/numerics/models/weights.ts';
import { refusal } from '../../spec/refusal.ts';

const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

const tensor: fc.Arbitrary<WeightValues> = fc
  .array(fc.nat({ max: 4 }), { maxLength: 4 })
  .chain((shape) =>
    fc
      .array(fc.float({ noNaN: true }), { minLength: size(shape), maxLength: size(shape) })
      .map((values) => ({ shape, data: Float32Array.from(values) })),
  );

const name = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('conv1.weight', 'a"b', 'toString')).filter(
  // reserved by the format, and by JavaScript for other things
  (text) => text !== '__metadata__' && text !== '__proto__',
);

const snapshot: fc.Arbitrary<WeightSnapshot> = fc
  .uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key, maxLength: 5 })
  .map((entries) => new Map(entries));

const metadata = fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true });

/** A file that is in order, with something to cut off. */
const file = fc.tuple(snapshot, metadata).map(([tensors, texts]) => Buffer.from(encodeSafetensors(tensors, texts)));

function errorOf(bytes: Uint8Array): unknown {
  try {
    decodeSafetensors(bytes);
    return undefined;
  } catch (error) {
    return error;
  }
}

function expectCorrupt(bytes: Uint8Array): void {
  const error = errorOf(bytes);
  expect(error).toBeInstanceOf(AppError);
  expect((error as AppError).reason).toBe(ErrorReason.CORRUPT_CHECKPOINT);
}

/** A file of this header, whatever it says (bytes, text or a value to write as JSON), and data. */
function laidOut(header: unknown, data = Buffer.alloc(0)): Buffer {
  const text = Buffer.isBuffer(header)
    ? header
    : Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

const entry = (shape: unknown, offsets: unknown, dtype: unknown = 'F32') => ({ dtype, shape, data_offsets: offsets });

describe('a safetensors file', () => {
  it('gives back what was written, wherever it lies in memory', () => {
    fc.assert(
      fc.property(snapshot, metadata, fc.nat({ max: 9 }), (tensors, texts, shift) => {
        const encoded = encodeSafetensors(tensors, texts);
        const moved = Buffer.concat([Buffer.alloc(shift), encoded]).subarray(shift);
        expect(new Map(decodeSafetensors(moved))).toEqual(new Map(tensors));
        expect(Object.entries(safetensorsMetadata(moved))).toEqual(Object.entries(texts));
      }),
    );
  });

  it('may have no metadata; others than texts by name are corrupt', () => {
    expect(safetensorsMetadata(laidOut({}))).toEqual({});
    for (const odd of ['text', ['a'], 7, { name: 7 }, { name: null }, { name: ['a'] }]) {
      const { reason } = refusal(() => safetensorsMetadata(laidOut({ __metadata__: odd })));
      expect(reason).toBe(ErrorReason.CORRUPT_CHECKPOINT);
    }
  });

  it('begins its data at a multiple of 8 bytes', () => {
    fc.assert(
      fc.property(snapshot, metadata, (tensors, texts) => {
        expect(Buffer.from(encodeSafetensors(tensors, texts)).readBigUInt64LE() % 8n).toBe(0n);
      }),
    );
  });

  it('is corrupt wherever it is cut off', () => {
    fc.assert(
      fc.property(file, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (bytes, share) => {
        expectCorrupt(bytes.subarray(0, Math.floor(share * bytes.length)));
      }),
    );
  });

  it('is corrupt with anything after its end', () => {
    fc.assert(
      fc.property(file, fc.uint8Array({ minLength: 1, maxLength: 9 }), (bytes, more) => {
        expectCorrupt(Buffer.concat([bytes, more]));
      }),
    );
  });

  it('with any bytes of its header changed is read or corrupt, never a fault', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(file, changes, (bytes, changed) => {
        const header = 8 + Number(bytes.readBigUInt64LE());
        for (const [at, value] of changed) bytes[at % header] = value;
        if (errorOf(bytes) !== undefined) expectCorrupt(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it('of any bytes is read or corrupt, never a fault', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.json(), (bytes, json) => {
        for (const candidate of [bytes, laidOut(json), laidOut({ a: JSON.parse(json) as unknown })]) {
          if (errorOf(candidate) !== undefined) expectCorrupt(candidate);
        }
      }),
    );
  });

  it.each([
    ['no bytes', Buffer.alloc(0)],
    ['a header longer than the file', Buffer.from('ffffffffffffffff', 'hex')],
    ['a header that is not UTF-8', laidOut(Buffer.from('{"\xff":0}', 'latin1'))],
    ['a header that is an array', laidOut([])],
    ['a header that is null', laidOut('null')],
    ['an entry that is null', laidOut({ a: null })],
    ['an entry without a shape', laidOut({ a: { dtype: 'F32', data_offsets: [0, 0] } })],
    ['another number format', laidOut({ a: entry([1], [0, 2], 'F16') }, Buffer.alloc(2))],
    ['a negative size', laidOut({ a: entry([-1, -1], [0, 4]) }, Buffer.alloc(4))],
    ['a size that is not whole', laidOut({ a: entry([0.5, 2], [0, 4]) }, Buffer.alloc(4))],
    ['sizes beyond counting', laidOut({ a: entry([2 ** 40, 2 ** 40], [0, 4]) }, Buffer.alloc(4))],
    ['sizes whose product is no number', laidOut({ a: entry([...Array(40).fill(2 ** 50), 0], [0, 0]) })],
    ['offsets the wrong way round', laidOut({ a: entry([1], [4, 0]) }, Buffer.alloc(4))],
    ['three offsets', laidOut({ a: entry([1], [0, 4, 4]) }, Buffer.alloc(4))],
    ['data that is too short', laidOut({ a: entry([2], [0, 8]) }, Buffer.alloc(4))],
    ['a gap', laidOut({ a: entry([1], [0, 4]), b: entry([1], [8, 12]) }, Buffer.alloc(12))],
    ['an overlap', laidOut({ a: entry([2], [0, 8]), b: entry([2], [4, 12]) }, Buffer.alloc(12))],
  ])('of %s is corrupt', (_, bytes) => expectCorrupt(bytes));

  it('may list its tensors in another order than their data', () => {
    const data = Buffer.from(Float32Array.of(1, 2).buffer);
    const decoded = decodeSafetensors(laidOut({ b: entry([1], [4, 8]), a: entry([], [0, 4]) }, data));
    expect(decoded).toEqual(
      new Map([
        ['b', { shape: [1], data: Float32Array.of(2) }],
        ['a', { shape: [], data: Float32Array.of(1) }],
      ]),
    );
  });
});

describe('the check of a checkpoint against a model', () => {
  const expected = new Map([['w', [2, 1]]]);
  const of = (values: Record<string, WeightValues>) => () => checkSnapshot(new Map(Object.entries(values)), expected);
  const w = { shape: [2, 1], data: Float32Array.of(1, 2) };

  it('passes what fits', () => {
    expect(of({ w })).not.toThrow();
  });

  it.each([
    ['a missing tensor', {}, 'w is missing'],
    ['another shape', { w: { ...w, shape: [1, 2] } }, 'w has shape [1,2], expected [2,1]'],
    ['an unknown tensor', { w, v: w }, 'v is unknown'],
    ['NaN', { w: { ...w, data: Float32Array.of(1, Number.NaN) } }, 'w has values that are not finite'],
    ['infinity', { w: { ...w, data: Float32Array.of(1, Number.NEGATIVE_INFINITY) } }, 'not finite'],
  ])('refuses %s', (_, values, message) => {
    const check = of(values as Record<string, WeightValues>);
    expect(check).toThrow(AppError);
    expect(check).toThrow(message);
  });
});
