import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { adoptWeights } from '../../../../services/numerics/models/adopt-weights.ts';
import { encodeSafetensors } from '../../../../services/numerics/models/safetensors.ts';
import { expectAppError } from '../../dataset/fixtures/expect-app-error.ts';

type Bytes = readonly [dtype: string, shape: readonly number[], data: Uint8Array];

/** A safetensors file of tensors of any type. */
function fileOf(tensors: Readonly<Record<string, Bytes>>): Uint8Array {
  let at = 0;
  const header = Object.fromEntries(
    Object.entries(tensors).map(([name, [dtype, shape, data]]) => {
      const entry = { dtype, shape, data_offsets: [at, at + data.length] };
      at += data.length;
      return [name, entry];
    }),
  );
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...Object.values(tensors).map(([, , data]) => data)]);
}

const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
const floats = (...values: number[]): Bytes => ['F32', [values.length], bytesOf(Float32Array.from(values))];

const expected = new Map([
  ['normalise.mean', [1]],
  ['normalise.std', [1]],
  ['bn.weight', [2]],
]);
const none = { mean: [], std: [] };
const adopt = (tensors: Readonly<Record<string, Bytes>>, given: { mean: number[]; std: number[] } = none) =>
  new Map([...adoptWeights(fileOf(tensors), expected, given)].map(([name, { data }]) => [name, [...data]]));

describe("a PyTorch model's file", () => {
  test.each([
    ['F64', Float64Array.of(0.5, -3)],
    ['BF16', Uint16Array.of(0x3f00, 0xc040)],
    ['F16', Uint16Array.of(0x3800, 0xc200)],
  ])('may have tensors of type %s', (dtype, values) => {
    const adopted = adopt({ 'bn.weight': [dtype, [2], bytesOf(values)] });
    expect(adopted.get('bn.weight')).toEqual([0.5, -3]);
  });

  test('reads every half as it is, the tiny and the special ones too', async () => {
    const halves = (a: number, b: number): Bytes => ['F16', [2], bytesOf(Uint16Array.of(a, b))];
    expect(adopt({ 'bn.weight': halves(0x0001, 0x8000) }).get('bn.weight')).toEqual([2 ** -24, -0]);
    expect(adopt({ 'bn.weight': halves(0x7bff, 0x0400) }).get('bn.weight')).toEqual([65504, 2 ** -14]);
    for (const special of [0x7c00, 0xfc00, 0x7e00]) {
      expect(() => adopt({ 'bn.weight': halves(special, 0) })).toThrow('bn.weight has values that are not finite');
    }
  });

  test('may lack the normalisation, which is what is given, or none', () => {
    const bn = floats(1, 2);
    expect([...adopt({ 'bn.weight': bn }).values()]).toEqual([[0], [1], [1, 2]]);
    expect([...adopt({ 'bn.weight': bn }, { mean: [0.5], std: [0.25] }).values()]).toEqual([[0.5], [0.25], [1, 2]]);
  });

  test('that has the normalisation keeps it; another one given is refused', () => {
    const whole = { 'bn.weight': floats(1, 2), 'normalise.std': floats(0.3), 'normalise.mean': floats(0.1) };
    expect([...adopt(whole).entries()]).toEqual([
      ['normalise.mean', [Math.fround(0.1)]],
      ['normalise.std', [Math.fround(0.3)]],
      ['bn.weight', [1, 2]],
    ]);
    expect(adopt(whole, { mean: [0.1], std: [] })).toEqual(adopt(whole));
    expect(() => adopt(whole, { mean: [0.2], std: [] })).toThrow('normalise.mean is [0.1');
    expect(() => adopt({ ...whole, 'normalise.std': floats(0) })).toThrow(
      'normalise.std has a value that is not above 0',
    );
  });

  test("may have BatchNorm's counts and DataParallel's prefix", () => {
    const count: Bytes = ['I64', [], bytesOf(BigInt64Array.of(7n))];
    expect(
      adopt({ 'module.bn.weight': floats(1, 2), 'module.bn.num_batches_tracked': count }).get('bn.weight'),
    ).toEqual([1, 2]);
  });

  test.each([
    ['bn.weight is missing', {}],
    ['bn.weight has shape [1], expected [2]', { 'bn.weight': floats(1) }],
    ['extra is unknown', { 'bn.weight': floats(1, 2), extra: floats(1) }],
    ['"bn.weight" is I32; only F32, F64, F16, BF16 is read', { 'bn.weight': ['I32', [2], new Uint8Array(8)] as Bytes }],
    ['does not fit', { 'bn.weight': ['F64', [2], new Uint8Array(8)] as Bytes }],
  ])('is refused where %s', async (message, tensors) => {
    const call = Promise.resolve().then(() => adopt(tensors));
    expect((await expectAppError(call, ErrorReason.CORRUPT_CHECKPOINT)).message).toContain(message);
  });

  test('of ours comes out as it was', () => {
    const ours = new Map([
      ['normalise.mean', { shape: [1], data: Float32Array.of(0.1) }],
      ['normalise.std', { shape: [1], data: Float32Array.of(0.3) }],
      ['bn.weight', { shape: [2], data: Float32Array.of(1, 2) }],
    ]);
    expect(encodeSafetensors(adoptWeights(encodeSafetensors(ours), expected, none))).toEqual(encodeSafetensors(ours));
  });
});
