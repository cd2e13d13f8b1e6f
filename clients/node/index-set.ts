import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import { AppError } from '../../services/app-error.ts';

/** An index set's examples. */
export interface DecodedIndices {
  /** Sorted, unique, in [0, datasetExamples). */
  readonly indices: Uint32Array;
  /** One per index, finite and at least 0; absent where every example counts the same. */
  readonly weights?: Float32Array;
}

/** The indices and weights of an index set; throws INVALID_INDEX_SET where it breaks its own invariants. */
export function decodeIndices(set: IndexSet): DecodedIndices {
  const indices = new Uint32Array(set.indexGaps.length);
  let index = 0;
  for (const [position, gap] of set.indexGaps.entries()) {
    if (position > 0 && gap < 1) throw invalid(`indexGaps[${position}] is 0: indices must be unique`);
    index += gap;
    if (index >= set.datasetExamples) {
      throw invalid(`index ${index} is not below the data set's ${set.datasetExamples} examples`);
    }
    indices[position] = index;
  }
  return set.weights.length === 0 ? { indices } : { indices, weights: decodeWeights(set.weights, indices.length) };
}

function decodeWeights(weights: readonly number[], examples: number): Float32Array {
  if (weights.length !== examples) throw invalid(`${weights.length} weights for ${examples} indices`);
  const wrong = weights.findIndex((weight) => !(weight >= 0 && Number.isFinite(weight)));
  if (wrong >= 0) throw invalid(`weights[${wrong}] is ${weights[wrong]}: weights must be finite and at least 0`);
  return Float32Array.from(weights);
}

function invalid(what: string): AppError {
  return new AppError(ErrorReason.INVALID_INDEX_SET, `index set: ${what}; fetch it again`);
}
