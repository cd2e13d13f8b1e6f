import { alignment } from './alignment.ts';
import { checkCancelled } from './cancellation.ts';
import { classProblems, type ProblemLimits } from './class-problems.ts';
import { totalGradient } from './dense-products.ts';
import type { GradientSource } from './gradient-source.ts';
import { type RankOneGradients, takeExamples } from './gradients.ts';
import { type MatMul, plainMatMul } from './matmul.ts';
import { raiseKept } from './raise-kept.ts';
import { relativeResidual } from './residual.ts';

export interface PerClassOptions {
  /** Examples to keep, 1 to N. */
  readonly k: number;
  readonly classes: number;
  readonly matMul?: MatMul;
  readonly signal?: AbortSignal | undefined;
  /** Told how many of the N examples have been dealt with. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Examples with weights and how well they stand for the whole. */
export interface WeightedSubset {
  /** k indices in ascending order. */
  readonly indices: Uint32Array;
  /** One weight per index, above 0, comparable across classes: the mini-batch loss is Σ w l / Σ w. */
  readonly weights: Float32Array;
  /** ‖Σ_S w g − Σ_D g‖ / ‖Σ_D g‖ over the whole set. */
  readonly residual: number;
  /** What spoke for each of the N examples, see `raiseKept`. */
  readonly scores: Float32Array;
}

/** What was chosen of one problem: k positions in it with their weights, above 0. */
export interface Solution {
  readonly indices: Uint32Array;
  readonly weights: ArrayLike<number>;
  /** What spoke for each example of the problem, in a measure that doesn't depend on the problem's size. */
  readonly scores: ArrayLike<number>;
}

/** Examples of one class, or a part of one, of which some are to be chosen. */
export interface Candidates {
  readonly atoms: RankOneGradients;
  /** The sum of their gradients, C x (d+1). */
  readonly target: Float64Array;
  readonly label: number;
  /** How many, 0 or more. */
  readonly k: number;
}

/** Chooses k of the candidates. */
export type Solve = (candidates: Candidates) => Promise<Solution>;

/**
 * Chooses within every class by itself, with budgets k·n_c/N, which meet every class floor, and puts the choices
 * together. One class's gradients (or those of a part of it) are in memory at a time. @throws AppError CANCELLED.
 */
export async function selectPerClass(
  gradients: GradientSource,
  labels: Uint16Array,
  { k, classes, matMul = plainMatMul, signal, onProgress }: PerClassOptions,
  solve: Solve,
  limits?: ProblemLimits,
): Promise<WeightedSubset> {
  const { examples, features } = gradients;
  if (k < 1 || k > examples) throw new RangeError(`k is ${k}; 1 to ${examples} is possible`);
  const total = new Float64Array(classes * (features + 1));
  const difference = new Float64Array(classes * (features + 1));
  const kept = new Uint8Array(examples);
  const weightOf = new Float32Array(examples);
  const scores = new Float64Array(examples);
  const align = (indices: Uint32Array) => alignment(gradients.take(indices));
  let done = 0;
  for (const problem of classProblems(labels, classes, k, align, limits)) {
    await checkCancelled(signal);
    const atoms = gradients.take(problem.indices);
    const target = await totalGradient(atoms, matMul);
    const solution = await solve({ atoms, target, label: labels[problem.indices[0]], k: problem.k });
    solution.indices.forEach((position, i) => {
      kept[problem.indices[position]] = 1;
      weightOf[problem.indices[position]] = solution.weights[i];
    });
    add(total, target);
    add(difference, target);
    const chosen = takeExamples(atoms, solution.indices);
    add(difference, await totalGradient(chosen, matMul, Float32Array.from(solution.weights)), -1);
    problem.indices.forEach((index, position) => {
      scores[index] = solution.scores[position];
    });
    done += problem.indices.length;
    onProgress?.(done, examples);
  }
  const indices = Uint32Array.from({ length: examples }, (_, i) => i).filter((i) => kept[i] === 1);
  const weights = Float32Array.from(indices, (index) => weightOf[index]);
  const residual = relativeResidual(norm(difference), norm(total));
  return { indices, weights, residual, scores: raiseKept(scores, indices, labels, classes) };
}

function add(sum: Float64Array, values: Float64Array, scale = 1): void {
  for (let j = 0; j < sum.length; j += 1) sum[j] += scale * values[j];
}

function norm(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
