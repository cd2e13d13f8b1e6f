import { tf } from '../backend.ts';
import type { NetworkPrecision } from '../precision.ts';

/**
 * What layers make of their weights to evaluate with, each once: weights that stay as they are need not be folded, turned
 * and cast again in every pass. Stale once a weight changes.
 */
export class FrozenWeights {
  /** Arithmetic of convolutions and activations. */
  readonly precision: NetworkPrecision;
  readonly #byLayer = new Map<object, tf.TensorContainerObject>();

  constructor(precision: NetworkPrecision) {
    this.precision = precision;
  }

  /** What `make` gives for a layer; made at its first pass, kept until `dispose`. */
  of<T extends object>(layer: object, make: (precision: NetworkPrecision) => T): T {
    const made = this.#byLayer.get(layer) as T | undefined;
    if (made) return made;
    const container = tf.tidy(() => make(this.precision) as tf.TensorContainerObject);
    for (const value of Object.values(container)) if (value instanceof tf.Tensor) tf.keep(value);
    this.#byLayer.set(layer, container);
    return container as T;
  }

  /** Frees all of it. */
  dispose(): void {
    for (const container of this.#byLayer.values()) tf.dispose(container);
    this.#byLayer.clear();
  }
}
