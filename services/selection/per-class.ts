import { alignment } from './alignment.ts';
import { checkCancelled } from './cancellation.ts';
import { classProblems, type ProblemLimits } from './class-problems.ts';
import { type RankOneGradients, sumGradient, takeExamples } from './gradients.ts';
import { subsetResidual } from './quality.ts';
import { raiseKept } from './raise-kept.ts';

export interface PerClassOptions {
  /** Examples to keep, 1 to N. */
  readonly k: number;
  readonly classes: number;
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

/** Chooses k, 0 or more, of the examples of one class (or a part of it), given their gradients. */
export type Solve = (atoms: RankOneGradients, label: number, k: number) => Promise<Solution>;

/**
 * Chooses within every class by itself, with budgets k·n_c/N, which meet every class floor, and puts the choices
 * together. @throws AppError CANCELLED.
 */
export async function selectPerClass(
  gradients: RankOneGradients,
  labels: Uint16Array,
  { k, classes, signal, onProgress }: PerClassOptions,
  solve: Solve,
  limits?: ProblemLimits,
): Promise<WeightedSubset> {
  const { examples, features } = gradients;
  if (k < 1 || k > examples) throw new RangeError(`k is ${k}; 1 to ${examples} is possible`);
  const total = new Float64Array(classes * (features + 1));
  const weightOf = new Map<number, number>();
  const scores = new Float64Array(examples);
  const align = (indices: Uint32Array) => alignment(takeExamples(gradients, indices));
  let done = 0;
  for (const problem of classProblems(labels, classes, k, align, limits)) {
    await checkCancelled(signal);
    const atoms = takeExamples(gradients, problem.indices);
    addTo(total, sumGradient(atoms));
    const solution = await solve(atoms, labels[problem.indices[0]], problem.k);
    solution.indices.forEach((position, i) => {
      weightOf.set(problem.indices[position], solution.weights[i]);
    });
    problem.indices.forEach((index, position) => {
      scores[index] = solution.scores[position];
    });
    done += problem.indices.length;
    onProgress?.(done, examples);
  }
  const indices = Uint32Array.from(weightOf.keys()).sort();
  const weights = Float32Array.from(indices, (index) => weightOf.get(index)!);
  const residual = subsetResidual(gradients, indices, weights, total);
  return { indices, weights, residual, scores: raiseKept(scores, indices, labels, classes) };
}

function addTo(sum: Float64Array, values: Float64Array): void {
  for (let j = 0; j < sum.length; j += 1) sum[j] += values[j];
}
