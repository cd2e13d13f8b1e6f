import type { ProblemLimits } from './class-problems.ts';
import { gradientDistances } from './distances.ts';
import { locateFacilities } from './facility-location.ts';
import type { GradientSource } from './gradient-source.ts';
import { plainMatMul } from './matmul.ts';
import { type Candidates, type PerClassOptions, selectPerClass, type WeightedSubset } from './per-class.ts';

/** Distances take n² float32: 144 MiB at this size, so that CIFAR's and MNIST's classes are solved in one piece. */
const LIMITS: ProblemLimits = { examples: 6144, kept: 6144 };

/**
 * CRAIG (Mirzasoleiman 2020): in every class the k·n_c/N examples that all others are near to in gradient, by greedy
 * facility location, each weighing as many examples as it stands for. Weights add up to n_c in every class that keeps
 * anything. @throws AppError CANCELLED.
 */
export function selectCraig(
  gradients: GradientSource,
  labels: Uint16Array,
  options: PerClassOptions,
): Promise<WeightedSubset> {
  const { matMul = plainMatMul, signal } = options;
  const locate = async ({ atoms, k }: Candidates) =>
    locateFacilities(await gradientDistances(atoms, matMul, signal), atoms.examples, k, signal);
  return selectPerClass(gradients, labels, options, locate, LIMITS);
}
