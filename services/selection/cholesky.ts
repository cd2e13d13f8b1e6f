import { dot } from './dot.ts';

/**
 * Smallest pivot, as a share of the diagonal entry, at which a row still counts as independent of those before it.
 * Entries come from float32 products with relative errors near 1e-7, so a smaller pivot is mostly rounding error.
 */
const INDEPENDENCE = 1e-5;

/**
 * The lower Cholesky factor L of a symmetric positive definite matrix that gains and loses rows, A = L·Lᵀ, in float64.
 * Rows are packed one after the other: `capacity` rows take capacity·(capacity+1)/2 numbers. Appending and removing a
 * row cost O(size²) each, so a pursuit of k atoms costs O(k³) altogether, not O(k⁴) (Rubinstein 2008, Batch-OMP).
 */
export class CholeskyFactor {
  size = 0;
  readonly #packed: Float64Array;

  constructor(capacity: number) {
    this.#packed = new Float64Array((capacity * (capacity + 1)) / 2);
  }

  /**
   * Appends a row and column of A: `products` are its `size` entries with the rows before, `diagonal` its own.
   * Says false, and changes nothing, where the row depends on those before it up to rounding.
   */
  append(products: Float64Array, diagonal: number): boolean {
    const start = offset(this.size);
    const row = this.#packed.subarray(start, start + this.size + 1);
    row.set(products.subarray(0, this.size));
    this.#solveLower(row);
    const pivot = diagonal - dot(row, 0, row, 0, this.size);
    if (!(pivot > INDEPENDENCE * diagonal)) return false;
    row[this.size] = Math.sqrt(pivot);
    this.size += 1;
    return true;
  }

  /** Removes row and column `position` of A; the later ones move up. Givens rotations restore the triangle. */
  remove(position: number): void {
    const packed = this.#packed;
    const cosines: number[] = [];
    const sines: number[] = [];
    for (let i = position + 1; i < this.size; i += 1) {
      const from = offset(i);
      cosines.forEach((cosine, step) => {
        rotate(packed, from + position + step, cosine, sines[step]);
      });
      const norm = Math.hypot(packed[from + i - 1], packed[from + i]);
      cosines.push(packed[from + i - 1] / norm);
      sines.push(packed[from + i] / norm);
      packed[from + i - 1] = norm;
      packed.copyWithin(offset(i - 1), from, from + i);
    }
    this.size -= 1;
  }

  /** Solves A·x = b in place: `values` holds b, `size` numbers, and then x. */
  solve(values: Float64Array): void {
    this.#solveLower(values);
    const packed = this.#packed;
    for (let i = this.size - 1; i >= 0; i -= 1) {
      const row = offset(i);
      const value = values[i] / packed[row + i];
      values[i] = value;
      for (let j = 0; j < i; j += 1) values[j] -= packed[row + j] * value;
    }
  }

  /** Solves L·x = b in place. */
  #solveLower(values: Float64Array): void {
    const packed = this.#packed;
    for (let i = 0; i < this.size; i += 1) {
      const row = offset(i);
      values[i] = (values[i] - dot(packed, row, values, 0, i)) / packed[row + i];
    }
  }
}

/** Where packed row i begins. */
function offset(i: number): number {
  return (i * (i + 1)) / 2;
}

/** Turns the neighbouring entries at `at` and `at + 1`. */
function rotate(packed: Float64Array, at: number, cosine: number, sine: number): void {
  const left = packed[at];
  const right = packed[at + 1];
  packed[at] = cosine * left + sine * right;
  packed[at + 1] = cosine * right - sine * left;
}
