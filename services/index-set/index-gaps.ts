/**
 * Sorted, unique indices as gaps (IndexSet.index_gaps): the first index, then each index minus its predecessor.
 * Protobuf's varints turn nearly every gap into one byte.
 */
export function toGaps(indices: Uint32Array): number[] {
  return Array.from(indices, (index, i) => (i === 0 ? index : index - indices[i - 1]));
}

/** The indices of gaps, as a running sum. RangeError for a gap of 0 after the first, or a sum of N or more. */
export function fromGaps(gaps: readonly number[], examples: number): Uint32Array {
  const indices = new Uint32Array(gaps.length);
  let index = 0;
  for (const [i, gap] of gaps.entries()) {
    if (i > 0 && gap === 0) throw new RangeError(`index ${index} stands twice`);
    index += gap;
    if (index >= examples) throw new RangeError(`index ${index} is outside [0, ${examples})`);
    indices[i] = index;
  }
  return indices;
}
