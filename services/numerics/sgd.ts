import { tf } from './backend.ts';
import type { Weight, Weights, WeightValues } from './models/weights.ts';

/** Settings of one update. */
export interface SgdStep {
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

/**
 * Stochastic gradient descent with momentum and weight decay as PyTorch defines it:
 * g <- g + decay w; v <- momentum v + g; w <- w - rate v.
 */
export class Sgd {
  readonly #weights: Weights;
  readonly #velocities = new Map<string, tf.Variable>();

  constructor(weights: Weights) {
    this.#weights = weights;
    for (const { name, variable } of weights.trainable) {
      this.#velocities.set(
        name,
        tf.tidy(() => tf.variable(tf.zerosLike(variable), false)),
      );
    }
  }

  /** Applies gradients, by weight name, and frees them. */
  update(gradients: ReadonlyMap<string, tf.Tensor>, step: SgdStep): void {
    for (const weight of this.#weights.trainable) {
      const gradient = gradients.get(weight.name);
      if (!gradient) throw new Error(`no gradient for ${weight.name}`);
      this.#updateOne(weight, gradient, step);
      gradient.dispose();
    }
  }

  #updateOne({ name, variable }: Weight, gradient: tf.Tensor, { learningRate, momentum, weightDecay }: SgdStep): void {
    const velocity = this.#velocities.get(name)!;
    tf.tidy(() => {
      const decayed = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(variable, weightDecay));
      velocity.assign(tf.add(tf.mul(velocity, momentum), decayed));
      variable.assign(tf.sub(variable, tf.mul(velocity, learningRate)));
    });
  }

  /** Copies the velocities out by weight name, each in its variable's own layout. */
  snapshot(): Map<string, WeightValues> {
    return new Map(
      [...this.#velocities].map(([name, velocity]) => [
        name,
        { shape: velocity.shape, data: velocity.dataSync() as Float32Array },
      ]),
    );
  }

  /** Goes on with the velocities of a {@link snapshot} of the same model. */
  load(velocities: ReadonlyMap<string, WeightValues>): void {
    for (const [name, velocity] of this.#velocities) {
      const found = velocities.get(name);
      if (String(found?.shape) !== String(velocity.shape)) throw new Error(`no velocity of this shape for ${name}`);
      tf.tidy(() => velocity.assign(tf.tensor(found!.data, velocity.shape)));
    }
  }

  /** Frees the velocities. */
  dispose(): void {
    for (const velocity of this.#velocities.values()) velocity.dispose();
  }
}
