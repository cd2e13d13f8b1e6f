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
   * Appends rows and columns of A, one after the other, and says which were taken: one that depends on those before it
   * up to rounding is left out. `rows[i]` holds entries with the `size` rows that are there, then with those before it
   * in `rows`, and is overwritten; `diagonals[i]` is its own. Many at once read the factor from memory once, not once each.
   */
  append(rows: readonly Float64Array[], diagonals: ArrayLike<number>): boolean[] {
    const before = this.size;
    this.#solveLowerTogether(rows);
    const taken: number[] = [];
    return rows.map((row, i) => {
      // What a row left out had in common with this one doesn't count any more.
      taken.forEach((other, t) => {
        row[before + t] = row[before + other];
      });
      const isTaken = this.#finish(row, before, diagonals[i]);
      if (isTaken) taken.push(i);
      return isTaken;
    });
  }

  /** Appends a row whose first `solved` entries are those of L already. */
  #finish(row: Float64Array, solved: number, diagonal: number): boolean {
    const packed = this.#packed;
    for (let i = solved; i < this.size; i += 1) {
      const at = offset(i);
      row[i] = (row[i] - dot(packed, at, row, 0, i)) / packed[at + i];
    }
    const pivot = diagonal - dot(row, 0, row, 0, this.size);
    if (!(pivot > INDEPENDENCE * diagonal)) return false;
    const start = offset(this.size);
    packed.set(row.subarray(0, this.size), start);
    packed[start + this.size] = Math.sqrt(pivot);
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

  /** Solves L·x = b in place, for the first `size` numbers of every b. */
  #solveLowerTogether(values: readonly Float64Array[]): void {
    const packed = this.#packed;
    for (let i = 0; i < this.size; i += 1) {
      const at = offset(i);
      let v = 0;
      for (; v + 3 < values.length; v += 4) {
        eliminateFour(packed, at, i, values[v], values[v + 1], values[v + 2], values[v + 3]);
      }
      for (; v < values.length; v += 1)
        values[v][i] = (values[v][i] - dot(packed, at, values[v], 0, i)) / packed[at + i];
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

/** Step i of four solutions of L·x = b, L's row i beginning at `at`: every number of the row is read once. */
function eliminateFour(
  packed: Float64Array,
  at: number,
  i: number,
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  d: Float64Array,
): void {
  let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0];
  for (let j = 0; j < i; j += 1) {
    const entry = packed[at + j];
    sumA += entry * a[j];
    sumB += entry * b[j];
    sumC += entry * c[j];
    sumD += entry * d[j];
  }
  const diagonal = packed[at + i];
  a[i] = (a[i] - sumA) / diagonal;
  b[i] = (b[i] - sumB) / diagonal;
  c[i] = (c[i] - sumC) / diagonal;
  d[i] = (d[i] - sumD) / diagonal;
}
