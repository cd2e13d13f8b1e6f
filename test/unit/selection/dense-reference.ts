import type { RankOneGradients } from '../../../services/selection/gradients.ts';

/** Every example's gradient written out, C x (d+1) numbers each. */
export function materialise({ examples, classes, features, terms }: RankOneGradients): Float64Array[] {
  return Array.from({ length: examples }, (_, i) => {
    const gradient = new Float64Array(classes * (features + 1));
    for (const term of terms) {
      for (let c = 0; c < classes; c += 1) {
        for (let j = 0; j <= features; j += 1) {
          const input = j === features ? 1 : term.features[i * features + j];
          gradient[c * (features + 1) + j] += term.errors[i * classes + c] * input;
        }
      }
    }
    return gradient;
  });
}

export function inner(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i] * b[i];
  return sum;
}

/** Σ w_i g_i. */
export function weightedSum(vectors: readonly Float64Array[], weights: ArrayLike<number>): Float64Array {
  const sum = new Float64Array(vectors[0].length);
  vectors.forEach((vector, i) => {
    vector.forEach((value, j) => {
      sum[j] += weights[i] * value;
    });
  });
  return sum;
}

/** Solves A·x = b by Gaussian elimination with partial pivoting. */
export function solveDense(matrix: readonly number[][], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  const n = rows.length;
  for (let column = 0; column < n; column += 1) {
    let pivot = column;
    for (let i = column + 1; i < n; i += 1) {
      if (Math.abs(rows[i][column]) > Math.abs(rows[pivot][column])) pivot = i;
    }
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    for (let i = column + 1; i < n; i += 1) {
      const factor = rows[i][column] / rows[column][column];
      for (let j = column; j <= n; j += 1) rows[i][j] -= factor * rows[column][j];
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i -= 1) {
    let value = rows[i][n];
    for (let j = i + 1; j < n; j += 1) value -= rows[i][j] * x[j];
    x[i] = value / rows[i][i];
  }
  return x;
}

/** min over w ≥ 0 of ‖Σ w_i g_i − t‖² + ridge‖w‖² by projected coordinate descent, to convergence. */
export function solveNonNegative(vectors: readonly Float64Array[], target: Float64Array, ridge: number): number[] {
  const gram = vectors.map((a) => vectors.map((b) => inner(a, b)));
  const right = vectors.map((vector) => inner(vector, target));
  const weights = new Array<number>(vectors.length).fill(0);
  const scale = Math.max(...right.map(Math.abs), Number.MIN_VALUE);
  for (let sweep = 0; sweep < 20_000; sweep += 1) {
    let change = 0;
    for (let i = 0; i < weights.length; i += 1) {
      const slope = right[i] - inner(gram[i], weights) - ridge * weights[i];
      const next = Math.max(0, weights[i] + slope / (gram[i][i] + ridge));
      change = Math.max(change, Math.abs(next - weights[i]) * (gram[i][i] + ridge));
      weights[i] = next;
    }
    if (change < 1e-12 * scale) break;
  }
  return weights;
}

/**
 * Matching pursuit with non-negative weights written the plain way: gradients in full, float64, one atom a round, the
 * weights of all chosen atoms solved anew each time. Stops early where no atom correlates positively.
 */
export function pursueDense(
  vectors: readonly Float64Array[],
  target: Float64Array,
  k: number,
  lambda: number,
): { indices: number[]; weights: number[]; residual: number } {
  const ridge = (lambda * vectors.reduce((sum, vector) => sum + inner(vector, vector), 0)) / vectors.length;
  let indices: number[] = [];
  let weights: number[] = [];
  let difference = target.slice();
  const tried = new Set<number>();
  while (indices.length < k) {
    let best = -1;
    let highest = 1e-9 * inner(target, target) ** 0.5;
    vectors.forEach((vector, i) => {
      const correlation = inner(vector, difference);
      if (!indices.includes(i) && !tried.has(i) && correlation > highest) [best, highest] = [i, correlation];
    });
    if (best < 0) break;
    const chosen = [...indices, best];
    const solved = nonNegativeWeights(
      chosen.map((i) => vectors[i]),
      target,
      ridge,
    );
    indices = chosen.filter((_, i) => solved[i] > 0);
    weights = solved.filter((weight) => weight > 0);
    if (!indices.includes(best)) tried.add(best);
    const sum = weightedSum(
      indices.map((i) => vectors[i]),
      weights,
    );
    difference = target.map((value, j) => value - sum[j]);
  }
  return { indices, weights, residual: Math.sqrt(inner(difference, difference) / inner(target, target)) };
}

/** The unconstrained solution where it is positive, else the constrained one. */
function nonNegativeWeights(vectors: readonly Float64Array[], target: Float64Array, ridge: number): number[] {
  const gram = vectors.map((a, i) => vectors.map((b, j) => inner(a, b) + (i === j ? ridge : 0)));
  const right = vectors.map((vector) => inner(vector, target));
  const free = solveDense(gram, right);
  return free.every((weight) => weight > 0) ? free : solveNonNegative(vectors, target, ridge);
}
