import type { TensorTypes } from './safetensors.ts';

/** Bits of a half: 1 of sign, 5 of exponent, 10 of fraction. */
const HALF_FRACTION = 0x3ff;
const HALF_EXPONENT_BITS = 10;
const HALF_SPECIAL = 31;

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> HALF_EXPONENT_BITS) & HALF_SPECIAL;
  const fraction = (bits & HALF_FRACTION) / 1024;
  if (exponent === HALF_SPECIAL) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

function fromBrain(buffer: ArrayBuffer): Float32Array {
  // a bfloat16 is the upper half of a float32
  return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
}

/** The floating-point types that PyTorch models are saved in; what float32 can't hold becomes the nearest it can. */
export const floatTypes: TensorTypes = {
  F32: { bytes: 4, toFloat32: (buffer) => new Float32Array(buffer) },
  F64: { bytes: 8, toFloat32: (buffer) => Float32Array.from(new Float64Array(buffer)) },
  F16: { bytes: 2, toFloat32: (buffer) => Float32Array.from(new Uint16Array(buffer), halfToNumber) },
  BF16: { bytes: 2, toFloat32: fromBrain },
};
