import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import { WeightMeaning } from '../../proto/gen/winnow/v1/selection_pb.ts';
import { AppError } from '../app-error.ts';
import { fromGaps } from './index-gaps.ts';

/** What a trainer takes from an index set. */
export interface Subset {
  /** Sorted, unique, in [0, N); at least one. */
  readonly indices: Uint32Array;
  /** One per index, finite, at least 0, not all 0; absent for equal weights. */
  readonly weights?: Float32Array;
}

/** What an index set must belong to. */
export interface Belonging {
  readonly runId: string;
  readonly round: number;
  readonly datasetFingerprint: string;
  /** Number of training examples N. */
  readonly examples: number;
}

function invalid(what: string): AppError {
  return new AppError(ErrorReason.INVALID_INDEX_SET, `the index set was refused: ${what}`);
}

function readIndices(set: IndexSet): Uint32Array {
  if (set.indexGaps.length === 0) throw invalid('it keeps no example');
  try {
    return fromGaps(set.indexGaps, set.datasetExamples);
  } catch (error) {
    throw invalid((error as RangeError).message);
  }
}

function readWeights(set: IndexSet): Float32Array | undefined {
  const { weightMeaning, weights, indexGaps } = set;
  if (weightMeaning === WeightMeaning.UNIFORM) {
    if (weights.length > 0) throw invalid('weights are UNIFORM but present');
    return undefined;
  }
  if (weightMeaning !== WeightMeaning.NORMALISED_SUM)
    throw invalid(`the weights' meaning ${weightMeaning} is not known`);
  if (weights.length !== indexGaps.length)
    throw invalid(`it has ${weights.length} weights for ${indexGaps.length} indices`);
  const bad = weights.findIndex((weight) => !(Number.isFinite(weight) && weight >= 0));
  if (bad >= 0) throw invalid(`weight ${bad} is ${weights[bad]}; weights are finite and at least 0`);
  if (weights.every((weight) => weight === 0)) throw invalid('all weights are 0');
  return Float32Array.from(weights);
}

/** The subset that an index set holds. INVALID_INDEX_SET where an invariant of proto/winnow/v1/index_set.proto is broken. */
export function readIndexSet(set: IndexSet): Subset {
  const indices = readIndices(set);
  const weights = readWeights(set);
  return weights ? { indices, weights } : { indices };
}

/** INVALID_INDEX_SET where a set was made for another run, round or data set. */
export function checkBelonging(set: IndexSet, expected: Belonging): void {
  if (set.runId !== expected.runId) throw invalid(`it is of run '${set.runId}', not '${expected.runId}'`);
  if (set.round !== expected.round) throw invalid(`it is of round ${set.round}, not ${expected.round}`);
  if (set.datasetFingerprint !== expected.datasetFingerprint) {
    const short = (fingerprint: string) => fingerprint.slice(0, 12) || 'none';
    throw invalid(
      `it is of another data set (fingerprint ${short(set.datasetFingerprint)}, expected ${short(expected.datasetFingerprint)})`,
    );
  }
  if (set.datasetExamples !== expected.examples) {
    throw invalid(`it indexes ${set.datasetExamples} examples, the data set has ${expected.examples}`);
  }
}
