import { innerProducts } from './dense-products.ts';
import type { GradientSource } from './gradient-source.ts';
import { gramBlock, squaredNorms } from './gradients.ts';
import { plainMatMul } from './matmul.ts';
import { orthogonalMatchingPursuit } from './omp.ts';
import { ownRow } from './own-row.ts';
import {
  type Candidates,
  type PerClassOptions,
  type Solution,
  selectPerClass,
  type WeightedSubset,
} from './per-class.ts';

/** How GRAD-MATCH pursues its target, whatever its atoms are. */
export interface MatchingOptions extends PerClassOptions {
  /** Ridge on the weights, as a multiple of the mean squared norm of the atoms; 0 or more. */
  readonly lambda: number;
  /** Atoms taken per round of the pursuit; 1 is the classic one, 0 a 64th of the budget. */
  readonly atomsPerRound: number;
}

export interface GradMatchOptions extends MatchingOptions {
  /** Whether a class is matched on its own row of the last layer alone, not on the whole gradient. */
  readonly ownRowOnly?: boolean;
}

/**
 * GRAD-MATCH per class (Killamsetty 2021): for every class the k·n_c/N examples, and weights, whose weighted gradients
 * come closest to the sum over the class. As every target is a sum over its class, weights mean the same in all of them;
 * Σ w mostly stays below N, as the atoms picked first have large gradients. The residual is that of the whole gradient,
 * also where only rows were matched. @throws AppError CANCELLED.
 */
export function selectGradMatch(
  gradients: GradientSource,
  labels: Uint16Array,
  options: GradMatchOptions,
): Promise<WeightedSubset> {
  return selectPerClass(gradients, labels, options, (candidates) =>
    matchSum(options.ownRowOnly ? ownRow(candidates) : candidates, options),
  );
}

/**
 * The k examples, and weights, that come closest to the sum of all of them. An example's score is its gradient's inner
 * product with the part of the mean gradient that was unmatched when it was taken, or else when the last one was.
 */
async function matchSum(
  { atoms, target, k }: Candidates,
  { lambda, atomsPerRound, matMul = plainMatMul, signal }: MatchingOptions,
): Promise<Solution> {
  const correlations = await innerProducts(atoms, target, matMul);
  const perExample = (values: Float64Array) => values.map((value) => value / atoms.examples);
  if (k === 0) return { indices: new Uint32Array(0), weights: [], scores: perExample(correlations) };
  const { indices, weights, gains, left } = await orthogonalMatchingPursuit(
    {
      atoms: atoms.examples,
      correlations,
      squaredNorms: squaredNorms(atoms),
      targetSquaredNorm: target.reduce((sum, value) => sum + value * value, 0),
      gramRows: (rows) => gramBlock(atoms, rows, undefined, matMul),
    },
    { k, lambda, atomsPerRound, signal },
  );
  const scores = left.slice();
  indices.forEach((atom, i) => {
    scores[atom] = gains[i];
  });
  return { indices, weights, scores: perExample(scores) };
}
