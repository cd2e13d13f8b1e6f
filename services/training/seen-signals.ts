import type { BatchSignals } from '../numerics/measure-signals.ts';
import { decodeSafetensors, encodeSafetensors } from '../numerics/models/safetensors.ts';
import type { WeightValues } from '../numerics/models/weights.ts';

/** Signals in a file, and of how many examples. */
export interface SignalFile {
  readonly file: Uint8Array;
  readonly examples: number;
}

/** Names of the parts in a StoredSignals file. */
const PARTS = [
  ['clean_logits', 'cleanLogits'],
  ['adversarial_logits', 'adversarialLogits'],
  ['clean_features', 'cleanFeatures'],
  ['adversarial_features', 'adversarialFeatures'],
] as const;

/** Collects what training sees of examples on its way through an epoch, so that scoring need not attack them again. */
export class SeenSignals {
  readonly #indices: number[] = [];
  readonly #batches: BatchSignals[] = [];

  /** Goes on with what a {@link file} holds. */
  static from(file: Uint8Array): SeenSignals {
    const tensors = decodeSafetensors(file);
    const seen = new SeenSignals();
    const parts = PARTS.map(([name, part]) => [part, tensors.get(name)?.data ?? new Float32Array(0)]);
    seen.add(Uint32Array.from(tensors.get('indices')!.data), Object.fromEntries(parts) as unknown as BatchSignals);
    return seen;
  }

  /** Adds a mini-batch: signals row by row in the order of `indices`; each example once. */
  add(indices: Uint32Array, signals: BatchSignals): void {
    this.#indices.push(...indices);
    this.#batches.push(signals);
  }

  /** As a StoredSignals file (proto/winnow/v1/events.proto); undefined where nothing was seen. */
  file(): SignalFile | undefined {
    const examples = this.#indices.length;
    if (examples === 0) return undefined;
    const tensors = new Map<string, WeightValues>();
    tensors.set('indices', { shape: [examples], data: Float32Array.from(this.#indices) });
    for (const [name, part] of PARTS) {
      const data = concat(this.#batches.map((batch) => batch[part]));
      if (data.length > 0) tensors.set(name, { shape: [examples, data.length / examples], data });
    }
    return { file: encodeSafetensors(tensors, { format: 'pt' }), examples };
  }
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
