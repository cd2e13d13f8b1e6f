/** A source of chance: uniform in [0,1). */
export type Random = () => number;

/** A small generator with a 32-bit seed (mulberry32), so that an input can be made again from its number alone. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const whole = (random: Random, below: number) => Math.floor(random() * below);
const pick = <T>(random: Random, list: readonly T[]): T => list[whole(random, list.length)]!;

/** Bytes at the edges of what decoders count with. */
const EDGES = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x0a, 0x22, 0x7b];
/** Counts and sizes that overflow, or ask for all memory. */
const SIZES = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
/** The most bytes that one change inserts. */
const MOST_INSERTED = 64;

type Bytes = Buffer<ArrayBufferLike>;
type Change = (bytes: Bytes, random: Random, others: readonly Uint8Array[]) => Bytes;

const changes: readonly Change[] = [
  function flipBit(bytes, random) {
    if (bytes.length > 0) bytes[whole(random, bytes.length)]! ^= 1 << whole(random, 8);
    return bytes;
  },
  function setEdge(bytes, random) {
    if (bytes.length > 0) bytes[whole(random, bytes.length)] = pick(random, EDGES);
    return bytes;
  },
  function setSize(bytes, random) {
    if (bytes.length < 4) return bytes;
    const at = whole(random, bytes.length - 3);
    if (random() < 0.5) bytes.writeUInt32LE(pick(random, SIZES), at);
    else bytes.writeUInt32BE(pick(random, SIZES), at);
    return bytes;
  },
  function cutOff(bytes, random) {
    return bytes.subarray(0, whole(random, bytes.length + 1));
  },
  function takeOut(bytes, random) {
    const at = whole(random, bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + whole(random, MOST_INSERTED))]);
  },
  function insert(bytes, random) {
    const at = whole(random, bytes.length + 1);
    const noise = Buffer.from(Array.from({ length: whole(random, MOST_INSERTED) }, () => whole(random, 256)));
    return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
  },
  function repeat(bytes, random) {
    const at = whole(random, bytes.length + 1);
    const piece = bytes.subarray(at, at + whole(random, MOST_INSERTED));
    return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
  },
  function splice(bytes, random, others) {
    const other = pick(random, others);
    return Buffer.concat([
      bytes.subarray(0, whole(random, bytes.length + 1)),
      other.subarray(whole(random, other.length + 1)),
    ]);
  },
];

/** Some of an input's changes are many, so that what a first check stops is not all that is tried. */
const MOST_CHANGES = 6;

/** An input made from samples by 0 to 6 random changes. */
export function mutate(samples: readonly Uint8Array[], random: Random): Bytes {
  let bytes: Bytes = Buffer.from(pick(random, samples));
  const count = whole(random, MOST_CHANGES + 1);
  for (let i = 0; i < count; i++) bytes = pick(random, changes)(bytes, random, samples);
  return bytes;
}
