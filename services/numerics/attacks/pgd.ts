import { tf } from '../backend.ts';
import { type NoiseSeed, type Start, startingNoise } from './start.ts';

/** The L-infinity ball and the steps through it; pixel units of [0,1]. */
export interface PgdOptions {
  readonly epsilon: number;
  readonly stepSize: number;
  readonly steps: number;
  readonly start: Start;
}

/** Called before each step; throwing ends the attack. */
export type BeforeStep = () => void;

/**
 * Projected gradient ascent by signs (Madry 2018): x' <- clip(x' + stepSize sign(grad), x +- epsilon, [0,1]).
 * images [N,H,W,C] in [0,1]; loss maps attacked images, at the step of that number, to one value per example. Returns new
 * images that the caller frees.
 */
export function pgd(
  images: tf.Tensor4D,
  loss: (adversarial: tf.Tensor4D, step: number) => tf.Tensor1D,
  options: PgdOptions,
  seed: NoiseSeed,
  beforeStep?: BeforeStep,
): tf.Tensor4D {
  const { epsilon, stepSize, steps, start } = options;
  return tf.tidy(() => {
    const lower = tf.maximum(tf.sub(images, epsilon), 0);
    const upper = tf.minimum(tf.add(images, epsilon), 1);
    const project = (x: tf.Tensor) => tf.minimum(tf.maximum(x, lower), upper) as tf.Tensor4D;
    const gradient = (at: tf.Tensor4D, step: number) =>
      tf.grad((x: tf.Tensor) => tf.sum(loss(x as tf.Tensor4D, step)))(at);
    let adversarial = project(tf.add(images, startingNoise(images, start, epsilon, seed)));
    for (let step = 0; step < steps; step++) {
      beforeStep?.();
      const next = tf.tidy(() => project(tf.add(adversarial, tf.mul(tf.sign(gradient(adversarial, step)), stepSize))));
      adversarial.dispose();
      adversarial = next;
    }
    return adversarial;
  });
}
