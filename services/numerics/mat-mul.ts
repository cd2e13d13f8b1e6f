import { tf } from './backend.ts';

/**
 * Matrix products A·Bᵀ on the tensor device. The last B stays uploaded, since a selection multiplies many blocks by
 * the same one.
 */
export class DeviceMatMul {
  #uploaded: { readonly values: Float32Array; readonly tensor: tf.Tensor2D } | undefined;

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
    this.#uploaded?.tensor.dispose();
    this.#uploaded = undefined;
  }

  #upload(b: Float32Array, columns: number, inner: number): tf.Tensor2D {
    if (this.#uploaded?.values !== b) {
      this.dispose();
      this.#uploaded = { values: b, tensor: tf.tensor2d(b, [columns, inner]) };
    }
    return this.#uploaded!.tensor;
  }
}
