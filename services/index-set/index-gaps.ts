/**
 * Sorted, unique indices as gaps (IndexSet.index_gaps): the first index, then each index minus its predecessor.
 * Protobuf's varints turn nearly every gap into one byte.
 */
export function toGaps(indices: Uint32Array): number[] {
  const gaps = Array.from(indices);
  for (let i = gaps.length - 1; i > 0; i -= 1) gaps[i] -= gaps[i - 1];
  return gaps;
}

/** The indices of gaps, as a running sum. RangeError for a gap of 0 after the first, or a sum of N or more. */
export function fromGaps(gaps: readonly number[], examples: number): Uint32Array {
  const indices = new Uint32Array(gaps.length);
  let index = 0;
  for (let i = 0; i < gaps.length; i += 1) {
    const gap = gaps[i];
    if (i > 0 && gap === 0) throw new RangeError(`index ${index} stands twice`);
    index += gap;
    if (index >= examples) throw new RangeError(`index ${index} is outside [0, ${examples})`);
    indices[i] = index;
  }
  return indices;
}
