import type { Model } from './model.ts';
import { checkSnapshot, decodeSafetensors } from './safetensors.ts';

/** Puts a safetensors file's weights into a model. CORRUPT_CHECKPOINT, with the model unchanged, where they don't fit. */
export function loadCheckpoint(model: Model, file: Uint8Array): void {
  const snapshot = decodeSafetensors(file);
  checkSnapshot(snapshot, model.weights.shapes());
  model.weights.load(snapshot);
}
