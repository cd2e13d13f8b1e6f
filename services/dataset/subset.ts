/**
 * The first examples of every class, class shares kept: class c gets its largest-remainder share of `count`
 * (Hamilton's method; equal remainders go to the lower label). Returns `count` ascending indices.
 * A share never exceeds its class as long as `count` is at most N; RangeError otherwise. N is at most MAX_EXAMPLES.
 */
export function firstOfEveryClass(labels: Uint16Array, count: number): Uint32Array {
  if (count > labels.length) throw new RangeError(`${count} examples asked of ${labels.length}`);
  const left = classShares(labels, count);
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

function classShares(labels: Uint16Array, count: number): number[] {
  const sizes: number[] = [];
  for (const label of labels) sizes[label] = (sizes[label] ?? 0) + 1;
  const filledSizes = Array.from(sizes, (size) => size ?? 0);
  // Whole quotient and remainder of count * size / N, in integers below 2^53: ties stay exact.
  const remainders = filledSizes.map((size) => (count * size) % labels.length);
  const shares = filledSizes.map((size, label) => (count * size - remainders[label]) / labels.length);
  const missing = count - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = remainders.map((_, label) => label).sort((a, b) => remainders[b] - remainders[a] || a - b);
  for (const label of byRemainder.slice(0, missing)) shares[label]++;
  return shares;
}
