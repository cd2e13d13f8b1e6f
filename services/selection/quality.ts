import { classCounts } from './balance.ts';
import { type RankOneGradients, sumGradient } from './gradients.ts';
import { relativeResidual } from './residual.ts';

/**
 * Kish's effective sample size (Σw)² / Σw², in [1, k]: how many equally weighted examples average as well. Scale-free.
 * All weights 0 count as equal.
 */
export function effectiveSampleSize(weights: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < weights.length; i += 1) largest = Math.max(largest, weights[i]);
  if (largest === 0) return weights.length;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < weights.length; i += 1) {
    // Divided by the largest so that squares neither overflow nor vanish.
    const share = weights[i] / largest;
    sum += share;
    squares += share * share;
  }
  return (sum * sum) / squares;
}

/** Jaccard overlap |A ∩ B| / |A ∪ B| of two ascending index lists, in [0,1]; 1 for two empty ones. */
export function jaccardOverlap(a: Uint32Array, b: Uint32Array): number {
  let shared = 0;
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) shared += 1;
    // Both advance where they are equal.
    const step = a[i] - b[j];
    if (step <= 0) i += 1;
    if (step >= 0) j += 1;
  }
  const union = a.length + b.length - shared;
  return union === 0 ? 1 : shared / union;
}

/** Kept examples of each class, in label order. */
export function keptPerClass(indices: Uint32Array, labels: Uint16Array, classes: number): Uint32Array {
  return classCounts(
    Uint16Array.from(indices, (index) => labels[index]),
    classes,
  );
}

/**
 * ‖Σ_S w_i g_i − Σ_D g_i‖ / ‖Σ_D g_i‖ of any subset S of all examples D, at least 0. Equal weights, where none are
 * given, are N / k each: the mean of the subset stands for the mean of all. `total` is Σ_D g_i where it is known.
 */
export function subsetResidual(
  gradients: RankOneGradients,
  indices: Uint32Array,
  weights?: ArrayLike<number>,
  total: Float64Array = sumGradient(gradients),
): number {
  const equal = weights ?? new Float64Array(indices.length).fill(gradients.examples / indices.length);
  const part = sumGradient(gradients, indices, equal);
  let difference = 0;
  let target = 0;
  for (let i = 0; i < total.length; i += 1) {
    difference += (part[i] - total[i]) ** 2;
    target += total[i] ** 2;
  }
  return relativeResidual(Math.sqrt(difference), Math.sqrt(target));
}
