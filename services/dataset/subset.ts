/**
 * The first examples of every class, class shares kept: class c gets its largest-remainder share of `count`
 * (Hamilton's method; equal remainders go to the lower label). Returns `count` ascending indices.
 * A share never exceeds its class as long as `count` is at most N; RangeError otherwise. N is at most MAX_EXAMPLES.
 */
export function firstOfEveryClass(labels: Uint16Array, count: number): Uint32Array {
  if (count > labels.length) throw new RangeError(`${count} examples asked of ${labels.length}`);
  const left = classShares(classSizes(labels), count);
  const kept = new Uint32Array(count);
  let filled = 0;
  for (let index = 0; filled < count; index++) {
    if (left[labels[index]]-- > 0) kept[filled++] = index;
  }
  return kept;
}

/** Rows of `values` (each `rowSize` long) in the order of `indices`, ascending; the same array if that is all of them. */
export function takeRows<T extends Uint8Array | Uint16Array>(values: T, rowSize: number, indices: Uint32Array): T {
  if (indices.length * rowSize === values.length) return values;
  const taken = new (values.constructor as new (length: number) => T)(indices.length * rowSize);
  indices.forEach((index, row) => {
    taken.set(values.subarray(index * rowSize, (index + 1) * rowSize), row * rowSize);
  });
  return taken;
}

/** Examples of each class, in label order. */
export function classSizes(labels: Uint16Array): number[] {
  const sizes: number[] = [];
  for (const label of labels) sizes[label] = (sizes[label] ?? 0) + 1;
  return Array.from(sizes, (size) => size ?? 0);
}

/**
 * Largest-remainder shares of `count` by class (Hamilton's method), none above its class's `room`: where a class to round
 * up has none left, the next in the order of remainders takes its place. Needs `count` of at most the room there is.
 */
export function classShares(sizes: readonly number[], count: number, room: readonly number[] = sizes): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  // Whole quotient and remainder of count * size / N, in integers below 2^53: ties stay exact.
  const remainders = sizes.map((size) => (count * size) % total);
  const shares = sizes.map((size, label) => (count * size - remainders[label]) / total);
  const byRemainder = remainders.map((_, label) => label).sort((a, b) => remainders[b] - remainders[a] || a - b);
  let missing = count - shares.reduce((sum, share) => sum + share, 0);
  while (missing > 0) {
    for (const label of byRemainder) {
      if (missing === 0 || shares[label] >= room[label]) continue;
      shares[label]++;
      missing--;
    }
  }
  return shares;
}
