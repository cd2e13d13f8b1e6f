import type { tf } from '../backend.ts';
import { requireBfloat16 } from '../kernels/bfloat16.ts';
import type { NetworkPrecision } from '../precision.ts';
import { FrozenWeights } from './frozen-weights.ts';
import type { Model, Outputs } from './model.ts';

/** A model in evaluation mode with the weights it had when it was frozen. Gradient flows to the images alone. */
export interface FrozenNetwork {
  /** Images [N,H,W,C] in [0,1] to features and logits, both float32; what is between them in `precision`, float32 unless given. */
  forward(images: tf.Tensor4D, precision?: NetworkPrecision): Outputs;
}

/**
 * Gives `use` a model in evaluation mode, batch normalisation folded into the convolutions before it: the same logits but
 * for rounding, in fewer operations. The weights must not change meanwhile. Errors: what `use` throws;
 * INVALID_FIELD from `forward` where this machine has no bfloat16.
 */
export function withFrozen<T>(model: Pick<Model, 'forward'>, use: (network: FrozenNetwork) => T): T {
  const frozen = { f32: new FrozenWeights('f32'), bf16: new FrozenWeights('bf16') };
  try {
    return use({
      forward: (images, precision = 'f32') => {
        if (precision === 'bf16') requireBfloat16();
        return model.forward(images, { training: false, frozen: frozen[precision] });
      },
    });
  } finally {
    frozen.f32.dispose();
    frozen.bf16.dispose();
  }
}
