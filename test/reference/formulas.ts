import type { ImageShape } from '../../services/numerics/models/backbone.ts';
import type { WeightSnapshot } from '../../services/numerics/models/weights.ts';

// The inputs of every golden value, bit for bit as formulas.py computes them.

/** 32-bit FNV-1a of a name. */
function fnv1a(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value;
}

/** `count` values in [-1, 1): an integer hash (MurmurHash3's finaliser) of the name and the index. */
function noise(name: string, count: number): Float64Array {
  const seed = fnv1a(name);
  return Float64Array.from({ length: count }, (_, index) => {
    let h = (Math.imul(index, 0x9e3779b1) + seed) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
    return (h >>> 0) / 2 ** 31 - 1;
  });
}

const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
const clip = (value: number) => Math.min(Math.max(value, 0), 1);

/** Logits in [-scale, scale). */
export function logits(name: string, count: number, scale: number): Float32Array {
  return Float32Array.from(noise(name, count), (value) => value * scale);
}

/** Images N x H x W x C in [0,1]; a sixth of the values lies on a bound, where attacks are clipped. */
export function images(name: string, count: number, { height, width, channels }: ImageShape): Float32Array {
  return Float32Array.from(noise(name, count * height * width * channels), (value) => clip(value * 0.6 + 0.5));
}

/** Images moved by up to `radius`, kept in [0,1]. */
export function shifted(base: Float32Array, name: string, radius: number): Float32Array {
  const offsets = noise(name, base.length);
  return base.map((value, i) => clip(value + offsets[i] * radius));
}

/** Labels below `classes`. */
export function labels(count: number, classes: number): number[] {
  return Array.from({ length: count }, (_, i) => (7 * i + 3) % classes);
}

function scaling(name: string, shape: readonly number[]): (value: number) => number {
  if (name === 'normalise.mean') return (value) => value * 0.05 + 0.5;
  if (name === 'normalise.std') return (value) => value * 0.05 + 0.25;
  if (shape.length > 1) {
    const scale = Math.sqrt(3 / size(shape.slice(1)));
    return (value) => value * scale;
  }
  if (name.endsWith('running_var')) return (value) => value * 0.5 + 1;
  if (name.endsWith('.weight')) return (value) => value * 0.3 + 1;
  return (value) => value * 0.2;
}

/** Values for weights of these names and shapes (PyTorch's layout); convolutions and linear layers scaled by fan-in. */
export function weights(shapes: ReadonlyMap<string, readonly number[]>): WeightSnapshot {
  const valuesOf = (name: string, shape: readonly number[]) =>
    Float32Array.from(noise(name, size(shape)), scaling(name, shape));
  return new Map([...shapes].map(([name, shape]) => [name, { shape, data: valuesOf(name, shape) }]));
}
