import { CholeskyFactor } from './cholesky.ts';

/**
 * The chosen atoms of a pursuit with their weights: w ≥ 0 minimising ‖Σ w_i g_i − t‖² + ridge·‖w‖² over the members.
 * Atoms are known by their inner products only.
 */
export class ActiveSet {
  /** Atoms in the order in which they came. */
  readonly members: number[] = [];
  /** Each member's inner products with all atoms. */
  readonly rows: Float32Array[] = [];
  /** Each member's weight; above 0 after `fit`. */
  weights = new Float64Array(0);
  readonly #factor: CholeskyFactor;
  readonly #norms: Float64Array;
  readonly #ridge: number;

  /** `norms` holds ‖g_i‖² of all atoms; `capacity` bounds the members at any time. */
  constructor(norms: Float64Array, ridge: number, capacity: number) {
    this.#norms = norms;
    this.#ridge = ridge;
    this.#factor = new CholeskyFactor(capacity);
  }

  /**
   * Takes atoms in with weight 0 until the next fit, and says which: not those that depend linearly on the members and
   * those before them. `rows[i]` holds the inner products of `atoms[i]` with all atoms.
   */
  add(atoms: ArrayLike<number>, rows: readonly Float32Array[]): boolean[] {
    const size = this.rows.length;
    const products = rows.map((_, i) => new Float64Array(size + i));
    // Row by row, as the columns of one atom lie far apart in memory.
    [...this.rows, ...rows].forEach((row, at) => {
      for (let i = Math.max(0, at - size + 1); i < products.length; i += 1) products[i][at] = row[atoms[i]];
    });
    const taken = this.#factor.append(
      products,
      rows.map((_, i) => this.#norms[atoms[i]] + this.#ridge),
    );
    taken.forEach((isTaken, i) => {
      if (!isTaken) return;
      this.members.push(atoms[i]);
      this.rows.push(rows[i]);
    });
    return taken;
  }

  /**
   * Solves for the weights, given <g_i, t> of all atoms, by Lawson and Hanson's inner loop (1974, chapter 23): walk from
   * the last weights, which are feasible, towards the unconstrained solution, drop what reaches 0, and solve again.
   * Every step lowers the objective. @returns the atoms dropped. @throws RangeError for inner products that aren't finite.
   */
  fit(correlations: Float64Array): number[] {
    const dropped: number[] = [];
    let current = new Float64Array(this.members.length);
    current.set(this.weights);
    for (;;) {
      const solution = Float64Array.from(this.members, (atom) => correlations[atom]);
      this.#factor.solve(solution);
      if (solution.some(Number.isNaN)) throw new RangeError('the inner products are not finite');
      if (solution.every((weight) => weight > 0)) {
        this.weights = solution;
        return dropped;
      }
      const leaving = walk(current, solution);
      for (const position of leaving) dropped.push(this.#drop(position));
      current = current.filter((_, position) => !leaving.includes(position));
    }
  }

  #drop(position: number): number {
    this.#factor.remove(position);
    this.rows.splice(position, 1);
    return this.members.splice(position, 1)[0];
  }
}

/**
 * Moves `current` towards `solution` until the first weight reaches 0. @returns the positions of those that would go
 * below 0 next, last first, so that removing one leaves the others in place.
 */
function walk(current: Float64Array, solution: Float64Array): number[] {
  // Where a falling weight meets 0, as a share of the way; one that is at 0 already gives 0.
  const meetsZero = solution.map((goal, i) => (goal > 0 ? Infinity : current[i] / (current[i] - goal || 1)));
  const step = meetsZero.reduce((least, share) => Math.min(least, share), 1);
  const leaving: number[] = [];
  for (let i = current.length - 1; i >= 0; i -= 1) {
    current[i] = Math.max(0, current[i] + step * (solution[i] - current[i]));
    if (meetsZero[i] <= step) leaving.push(i);
  }
  return leaving;
}
