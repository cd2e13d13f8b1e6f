import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { Signal } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { AppError } from '../app-error.ts';
import { decodeSafetensors } from '../numerics/models/safetensors.ts';
import type { WeightSnapshot } from '../numerics/models/weights.ts';
import { type ExampleSignals, validateSignals } from '../selection/signals.ts';

/** Signals of some examples of a data set. */
export interface KnownSignals {
  /** M indices in [0, N), unique. */
  readonly indices: Uint32Array;
  /** Signals of those M examples, in the order of `indices`. */
  readonly signals: ExampleSignals;
}

/** What the signals have to fit. */
export interface SignalShape {
  readonly classes: number;
  readonly features: number;
  /** Labels of all N examples. */
  readonly labels: Uint16Array;
}

function unusable(what: string): AppError {
  return new AppError(ErrorReason.CORRUPT_CHECKPOINT, `training's signals can't be used: ${what}`);
}

/**
 * The signals that training saw, from a StoredSignals file: float32 throughout, indices as whole numbers. What is not
 * needed is not read. CORRUPT_CHECKPOINT says what is wrong with them: no safetensors file, an index outside the data set
 * or there twice, a tensor missing or of another shape; DIVERGED for values that are not finite or far too large.
 */
export function readTrainingSignals(file: Uint8Array, shape: SignalShape, needed: readonly Signal[]): KnownSignals {
  const tensors = decodeSafetensors(file);
  const { classes, features, labels } = shape;
  const indices = readIndices(tensors, labels.length);
  const matrix = (name: string, signal: Signal, width: number) =>
    needed.includes(signal) ? readMatrix(tensors, name, indices.length, width) : new Float32Array(0);
  const signals: ExampleSignals = {
    examples: indices.length,
    classes,
    features,
    labels: Uint16Array.from(indices, (index) => labels[index]),
    cleanLogits: matrix('clean_logits', Signal.CLEAN_LOGITS, classes),
    adversarialLogits: matrix('adversarial_logits', Signal.ADVERSARIAL_LOGITS, classes),
    cleanFeatures: matrix('clean_features', Signal.CLEAN_FEATURES, features),
    adversarialFeatures: matrix('adversarial_features', Signal.ADVERSARIAL_FEATURES, features),
  };
  validateSignals(signals, needed);
  return { indices, signals };
}

function readIndices(tensors: WeightSnapshot, examples: number): Uint32Array {
  const tensor = tensors.get('indices');
  if (tensor?.shape.length !== 1 || tensor.shape[0] === 0) throw unusable('"indices" is not a list of at least one');
  const seen = new Uint8Array(examples);
  return Uint32Array.from(tensor.data, (index) => {
    if (!Number.isInteger(index) || index < 0 || index >= examples) {
      throw unusable(`index ${index} is not a whole number in [0, ${examples})`);
    }
    if (seen[index] === 1) throw unusable(`index ${index} stands twice`);
    seen[index] = 1;
    return index;
  });
}

function readMatrix(tensors: WeightSnapshot, name: string, rows: number, columns: number): Float32Array {
  const tensor = tensors.get(name);
  if (!tensor) throw unusable(`"${name}" is missing`);
  if (String(tensor.shape) === String([rows, columns])) return tensor.data;
  throw unusable(`"${name}" has shape [${tensor.shape}], expected [${rows},${columns}]`);
}
