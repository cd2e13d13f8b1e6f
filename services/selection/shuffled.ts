/** 0 to count − 1 in a random order, every order equally likely, from `random` in [0,1) called once per number. */
export function shuffled(count: number, random: () => number): Uint32Array {
  const keys = Float64Array.from({ length: count }, random);
  return Uint32Array.from(keys.keys()).sort((a, b) => keys[a] - keys[b] || a - b);
}
