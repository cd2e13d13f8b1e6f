import { readFileSync } from 'node:fs';
import { decodeSafetensors, encodeSafetensors } from '../../../../services/numerics/models/safetensors.ts';

/** How the network is built that the weights are for. */
export const MASKED_MODEL = { architecture: 'resnet', depth: 8, width: 6 };

/** So large that the softmax is one-hot in float32, and the gradient of cross-entropy 0. */
const SCALE = 1e4;

/**
 * The weights of mnist-at.ts with all logits many times as large: it decides as before, but PGD and APGD on cross-entropy
 * find no gradient. APGD on DLR, which has no scale, breaks it beyond the radius it was trained for. A safetensors file.
 */
export function maskedMnistCheckpoint(): Uint8Array {
  const tensors = decodeSafetensors(readFileSync(new URL('mnist-at.safetensors', import.meta.url)));
  for (const name of ['linear.weight', 'linear.bias']) {
    const { shape, data } = tensors.get(name)!;
    tensors.set(name, { shape, data: data.map((value) => value * SCALE) });
  }
  return encodeSafetensors(tensors, { format: 'pt' });
}
