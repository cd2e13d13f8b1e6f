import { encodeSafetensors } from '../../../services/numerics/models/safetensors.ts';
import { type ExampleSignals, takeSignals } from '../../../services/selection/signals.ts';

type Tensor = { readonly shape: readonly number[]; readonly data: Float32Array };

/** A StoredSignals file of some examples; `changes` replaces tensors, or leaves out those that are undefined. */
export function signalFile(
  all: ExampleSignals,
  indices: Uint32Array,
  changes: Readonly<Record<string, Tensor | undefined>> = {},
): Uint8Array {
  const { classes, features, ...rows } = takeSignals(all, indices);
  const matrix = (data: Float32Array, width: number): Tensor => ({ shape: [indices.length, width], data });
  const tensors: Record<string, Tensor | undefined> = {
    indices: { shape: [indices.length], data: Float32Array.from(indices) },
    clean_logits: matrix(rows.cleanLogits!, classes),
    adversarial_logits: matrix(rows.adversarialLogits, classes),
    clean_features: matrix(rows.cleanFeatures!, features),
    adversarial_features: matrix(rows.adversarialFeatures, features),
    ...changes,
  };
  const present = Object.entries(tensors).filter((entry): entry is [string, Tensor] => entry[1] !== undefined);
  return encodeSafetensors(new Map(present));
}
