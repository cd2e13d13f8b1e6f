import { effectiveSampleSize, jaccardOverlap, keptPerClass } from '../selection/quality.ts';
import type { SelectedSubset } from '../selection/selector.ts';

/** How good a subset is: the fields of SelectionQuality. */
export interface SubsetQuality {
  readonly residual?: number;
  readonly effectiveSampleSize: number;
  readonly overlap?: number;
  readonly keptPerClass: readonly number[];
}

/** What a subset of labelled examples says of itself; `previous` are the indices of the set before, for the overlap. */
export function subsetQuality(
  { indices, weights, residual }: SelectedSubset,
  labels: Uint16Array,
  classes: number,
  previous: Uint32Array | undefined,
): SubsetQuality {
  return {
    ...(residual !== undefined && { residual }),
    effectiveSampleSize: effectiveSampleSize(weights ?? new Float32Array(indices.length).fill(1)),
    ...(previous && { overlap: jaccardOverlap(previous, indices) }),
    keptPerClass: [...keptPerClass(indices, labels, classes)],
  };
}
