/**
 * One score per example for people to read, N float32: those of kept examples raised to the highest of a dropped one of
 * their class where they are below it. A greedy choice measures each pick at its own moment, so that a late measure of
 * a dropped example may exceed an early one of a kept example, though it never was the better choice at any moment.
 */
export function raiseKept(
  scores: ArrayLike<number>,
  kept: Uint32Array,
  labels: Uint16Array,
  classes: number,
): Float32Array {
  const isKept = new Uint8Array(labels.length);
  for (const index of kept) isKept[index] = 1;
  const highestDropped = new Float64Array(classes).fill(-Infinity);
  labels.forEach((label, i) => {
    if (isKept[i] === 0) highestDropped[label] = Math.max(highestDropped[label], scores[i]);
  });
  return Float32Array.from(labels, (label, i) =>
    isKept[i] === 1 ? Math.max(scores[i], highestDropped[label]) : scores[i],
  );
}
