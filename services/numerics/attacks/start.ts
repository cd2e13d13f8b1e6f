import { tf } from '../backend.ts';
import { normal, type SeedPair, uniform } from '../random.ts';

/** Where an attack starts. */
export type Start = 'uniform' | 'gaussian' | 'clean';

/** Standard deviation of TRADES' and MART's starting noise, in pixel units of [0,1] (both releases). */
const GAUSSIAN_DEVIATION = 0.001;

/**
 * The seeds of a batch's starting noise: one for the batch, or one per example, so that an example's attack
 * does not depend on the others it is batched with.
 */
export type NoiseSeed = SeedPair | readonly SeedPair[];

function isPerExample(seed: NoiseSeed): seed is readonly SeedPair[] {
  return Array.isArray(seed[0]);
}

function draw(
  shape: number[],
  seed: NoiseSeed,
  source: (shape: readonly number[], seed: SeedPair) => tf.Tensor,
): tf.Tensor {
  if (!isPerExample(seed)) return source(shape, seed);
  return tf.stack(seed.map((one) => source(shape.slice(1), one)));
}

/** Offsets from the clean images [N,H,W,C] at which an attack of radius epsilon starts; not yet clipped to [0,1]. */
export function startingNoise(images: tf.Tensor4D, start: Start, epsilon: number, seed: NoiseSeed): tf.Tensor4D {
  if (start === 'clean') return tf.zerosLike(images);
  return tf.tidy(() => {
    if (start === 'gaussian') return draw(images.shape, seed, normal).mul(GAUSSIAN_DEVIATION) as tf.Tensor4D;
    return draw(images.shape, seed, uniform)
      .mul(2 * epsilon)
      .sub(epsilon) as tf.Tensor4D;
  });
}
