import { attackFrozen, type Budget } from './attacks/craft.ts';
import type { BeforeStep } from './attacks/pgd.ts';
import type { NoiseSeed } from './attacks/start.ts';
import { tf } from './backend.ts';
import { withFrozen } from './models/frozen-network.ts';
import type { Model } from './models/model.ts';
import type { Objective } from './objectives/objective.ts';
import type { PassCounter } from './pass-counter.ts';
import type { NetworkPrecision } from './precision.ts';

/** What a model says of one batch, clean and attacked: logits N x C and last-layer inputs N x d, row by row. */
export interface BatchSignals {
  readonly cleanLogits: Float32Array;
  readonly cleanFeatures: Float32Array;
  readonly adversarialLogits: Float32Array;
  readonly adversarialFeatures: Float32Array;
}

/**
 * Attacks a batch with the objective and reads logits and features of both versions, the model in evaluation mode. The
 * attack's steps are in `precision`, float32 unless given; what is read is float32.
 */
export function measureSignals(
  model: Model,
  objective: Objective,
  batch: { readonly images: tf.Tensor4D; readonly oneHot: tf.Tensor2D },
  budget: Budget,
  seed: NoiseSeed,
  passes?: PassCounter,
  beforeStep?: BeforeStep,
  precision?: NetworkPrecision,
): BatchSignals {
  return withFrozen(model, (network) => {
    const owned: tf.Tensor[] = [];
    const measure = (images: tf.Tensor4D): tf.Tensor2D[] => {
      passes?.forward(images.shape[0]);
      const outputs = tf.tidy(() => {
        const { logits, features } = network.forward(images);
        return [logits, features];
      });
      owned.push(...outputs);
      return outputs;
    };
    // not in a tidy, which would walk every element of what is returned
    try {
      const clean = measure(batch.images);
      const part = { ...batch, cleanLogits: clean[0] };
      const attacked = attackFrozen(network, objective, part, budget, seed, { passes, beforeStep, precision });
      owned.push(attacked);
      const adversarial = measure(attacked);
      const [cleanLogits, cleanFeatures] = clean.map((tensor) => tensor.dataSync() as Float32Array);
      const [adversarialLogits, adversarialFeatures] = adversarial.map((tensor) => tensor.dataSync() as Float32Array);
      return { cleanLogits, cleanFeatures, adversarialLogits, adversarialFeatures };
    } finally {
      tf.dispose(owned);
    }
  });
}
