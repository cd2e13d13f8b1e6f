import { checkCancelled } from './cancellation.ts';
import { type ClassProblem, classProblems } from './class-problems.ts';
import {
  gramBlock,
  innerWithDense,
  type RankOneGradients,
  squaredNorms,
  sumGradient,
  takeExamples,
} from './gradients.ts';
import { type MatMul, plainMatMul } from './matmul.ts';
import { orthogonalMatchingPursuit } from './omp.ts';
import { subsetResidual } from './quality.ts';

export interface GradMatchOptions {
  /** Examples to keep, 1 to N. */
  readonly k: number;
  readonly classes: number;
  /** Ridge on the weights, as a multiple of the mean squared gradient norm of the class; 0 or more. */
  readonly lambda: number;
  /** Atoms taken per round of the pursuit; 1 is the classic one, 0 a 64th of the class's budget. */
  readonly atomsPerRound: number;
  readonly matMul?: MatMul;
  readonly signal?: AbortSignal | undefined;
  /** Told how many of the N examples have been dealt with. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface GradMatchResult {
  /** k indices in ascending order. */
  readonly indices: Uint32Array;
  /** One weight per index, above 0, comparable across classes: the mini-batch loss is Σ w l / Σ w. */
  readonly weights: Float32Array;
  /** ‖Σ_S w g − Σ_D g‖ / ‖Σ_D g‖ over the whole set. */
  readonly residual: number;
}

/**
 * GRAD-MATCH per class (Killamsetty 2021): for every class the k·n_c/N examples, and weights, whose weighted gradients
 * come closest to the sum over the class. As every target is a sum over its class, weights mean the same in all of them;
 * Σ w mostly stays below N, as the atoms picked first have large gradients. Proportional budgets meet every
 * class floor. @throws AppError CANCELLED.
 */
export async function selectGradMatch(
  gradients: RankOneGradients,
  labels: Uint16Array,
  options: GradMatchOptions,
): Promise<GradMatchResult> {
  const { examples, features } = gradients;
  const { k, classes, onProgress } = options;
  if (k < 1 || k > examples) throw new RangeError(`k is ${k}; 1 to ${examples} is possible`);
  const total = new Float64Array(classes * (features + 1));
  const weightOf = new Map<number, number>();
  let done = 0;
  for (const problem of classProblems(labels, classes, k, (indices) => alignment(takeExamples(gradients, indices)))) {
    await checkCancelled(options.signal);
    const atoms = takeExamples(gradients, problem.indices);
    const target = sumGradient(atoms);
    target.forEach((value, j) => {
      total[j] += value;
    });
    if (problem.k > 0) await solve(atoms, target, problem, options, weightOf);
    done += problem.indices.length;
    onProgress?.(done, examples);
  }
  const indices = Uint32Array.from(weightOf.keys()).sort();
  const weights = Float32Array.from(indices, (index) => weightOf.get(index)!);
  return { indices, weights, residual: subsetResidual(gradients, indices, weights, total) };
}

/** <g_i, Σ g> of every example. */
function alignment(atoms: RankOneGradients): Float64Array {
  return innerWithDense(atoms, sumGradient(atoms));
}

/** Solves one problem and notes the weights by index into the whole set. */
async function solve(
  atoms: RankOneGradients,
  target: Float64Array,
  { indices, k }: ClassProblem,
  { lambda, atomsPerRound, matMul = plainMatMul, signal }: GradMatchOptions,
  weightOf: Map<number, number>,
): Promise<void> {
  const result = await orthogonalMatchingPursuit(
    {
      atoms: atoms.examples,
      correlations: innerWithDense(atoms, target),
      squaredNorms: squaredNorms(atoms),
      targetSquaredNorm: target.reduce((sum, value) => sum + value * value, 0),
      gramRows: (rows) => gramBlock(atoms, rows, undefined, matMul),
    },
    { k, lambda, atomsPerRound, signal },
  );
  result.indices.forEach((atom, i) => {
    weightOf.set(indices[atom], result.weights[i]);
  });
}
