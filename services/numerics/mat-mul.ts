import { tf } from './backend.ts';

/** Bs that stay uploaded: errors and features of both terms of a gradient, which a pursuit comes back to every round. */
const KEPT = 4;

/**
 * Matrix products A·Bᵀ on the tensor device. The last few Bs stay uploaded, since a selection multiplies many blocks by
 * the same ones.
 */
export class DeviceMatMul {
  /** The one used last comes last. */
  readonly #uploaded = new Map<Float32Array, tf.Tensor2D>();

  /** a is rows x inner, b is columns x inner, both row-major; gives rows x columns. */
  readonly multiply = (
    a: Float32Array,
    rows: number,
    inner: number,
    b: Float32Array,
    columns: number,
  ): Float32Array => {
    const right = this.#upload(b, columns, inner);
    const product = tf.tidy(() => tf.matMul(tf.tensor2d(a, [rows, inner]), right, false, true));
    const values = product.dataSync() as Float32Array;
    product.dispose();
    return values;
  };

  /** Frees what is uploaded. */
  dispose(): void {
    for (const values of [...this.#uploaded.keys()]) this.#drop(values);
  }

  #upload(b: Float32Array, columns: number, inner: number): tf.Tensor2D {
    const tensor = this.#uploaded.get(b) ?? tf.tensor2d(b, [columns, inner]);
    this.#uploaded.delete(b);
    this.#uploaded.set(b, tensor);
    for (const oldest of this.#uploaded.keys()) if (this.#uploaded.size > KEPT) this.#drop(oldest);
    return tensor;
  }

  #drop(values: Float32Array): void {
    this.#uploaded.get(values)?.dispose();
    this.#uploaded.delete(values);
  }
}
