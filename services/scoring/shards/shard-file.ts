import { ErrorReason } from '../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { AppError } from '../../app-error.ts';
import { decodeSafetensors, encodeSafetensors } from '../../numerics/models/safetensors.ts';
import type { WeightValues } from '../../numerics/models/weights.ts';
import type { ExampleSignals } from '../../selection/signals.ts';

/** The arrays of signals that a shard may hold. */
export type SignalArray = 'cleanLogits' | 'adversarialLogits' | 'cleanFeatures' | 'adversarialFeatures';

/** A shard's arrays: their names in its file, and the signal that each one is. */
const ARRAYS: readonly { readonly field: SignalArray; readonly name: string; readonly signal: Signal }[] = [
  { field: 'cleanLogits', name: 'clean_logits', signal: Signal.CLEAN_LOGITS },
  { field: 'adversarialLogits', name: 'adversarial_logits', signal: Signal.ADVERSARIAL_LOGITS },
  { field: 'cleanFeatures', name: 'clean_features', signal: Signal.CLEAN_FEATURES },
  { field: 'adversarialFeatures', name: 'adversarial_features', signal: Signal.ADVERSARIAL_FEATURES },
];

/** Those arrays of a shard that are needed. */
export function neededArrays(needed: readonly Signal[]): typeof ARRAYS {
  return ARRAYS.filter(({ signal }) => needed.includes(signal));
}

/** Rows of one signal. */
export interface Rows {
  readonly field: SignalArray;
  readonly width: number;
  /** Row-major. */
  readonly values: Float32Array;
}

/** A ShardSignals file: the arrays that were measured, float32. */
export function encodeShard(signals: ExampleSignals, needed: readonly Signal[]): Uint8Array {
  const tensors = new Map<string, WeightValues>();
  for (const { field, name } of neededArrays(needed)) {
    const data = signals[field] ?? new Float32Array(0);
    tensors.set(name, { shape: [signals.examples, data.length / signals.examples], data });
  }
  return encodeSafetensors(tensors);
}

/** The rows of a ShardSignals file. CORRUPT_CHECKPOINT where one is missing or has another number of rows. */
export function decodeShard(file: Uint8Array, examples: number, needed: readonly Signal[]): Rows[] {
  const tensors = decodeSafetensors(file);
  return neededArrays(needed).map(({ field, name }) => {
    const tensor = tensors.get(name);
    const [rows, width] = tensor?.shape ?? [];
    if (tensor?.shape.length !== 2 || rows !== examples || !width) {
      const found = tensor ? `has shape [${tensor.shape}]` : 'is missing';
      throw new AppError(
        ErrorReason.CORRUPT_CHECKPOINT,
        `a shard's "${name}" ${found}, expected ${examples} rows; all scoring replicas have to be of one version`,
      );
    }
    return { field, width, values: tensor.data };
  });
}
