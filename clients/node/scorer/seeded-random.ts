/** Uniform numbers in [0, 1), the same for the same seed: mulberry32 (Ettinger 2017) on the seed's folded 64 bits. */
export function seededRandom(seed: bigint): () => number {
  let state = Number((seed ^ (seed >> 32n)) & 0xffff_ffffn);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
