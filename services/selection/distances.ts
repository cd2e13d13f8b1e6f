import { checkCancelled } from './cancellation.ts';
import { gramBlock, type RankOneGradients, squaredNorms } from './gradients.ts';
import type { MatMul } from './matmul.ts';

/** Rows of inner products made at once: with the factors of both terms about 5·n·256 float32 beside the result. */
const BLOCK = 256;

/** Steps on the way to the largest distance: whole numbers up to this are exact in float32. */
const STEPS = 2 ** 24;

/**
 * ‖g_i − g_j‖ = √(‖g_i‖² + ‖g_j‖² − 2 <g_i, g_j>) between all examples, row-major, n x n, symmetric, 0 on the diagonal,
 * as whole multiples of a 2⁻²⁴th of the largest. Sums of up to 2²⁹ of them are exact, so that what is equal on paper
 * compares equal whatever the order of the examples. Differences below about 3e-4 of a norm are rounding errors of the
 * float32 products. @throws AppError CANCELLED.
 */
export async function gradientDistances(
  gradients: RankOneGradients,
  matMul: MatMul,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const { examples } = gradients;
  const gram = new Float32Array(examples * examples);
  for (let first = 0; first < examples; first += BLOCK) {
    await checkCancelled(signal);
    const rows = Uint32Array.from({ length: Math.min(BLOCK, examples - first) }, (_, i) => first + i);
    gram.set(await gramBlock(gradients, rows, undefined, matMul), first * examples);
  }
  return toSteps(toDistances(gram, squaredNorms(gradients)));
}

/** Turns inner products into distances, in place; the two halves of the matrix may differ by rounding errors before. */
function toDistances(gram: Float32Array, norms: Float64Array): Float32Array {
  const n = norms.length;
  for (let i = 0; i < n; i += 1) {
    gram[i * n + i] = 0;
    for (let j = 0; j < i; j += 1) {
      const twice = gram[i * n + j] + gram[j * n + i];
      const distance = Math.sqrt(Math.max(0, norms[i] + norms[j] - twice));
      gram[i * n + j] = distance;
      gram[j * n + i] = distance;
    }
  }
  return gram;
}

/** Rounds to whole steps, in place. */
function toSteps(distances: Float32Array): Float32Array {
  const largest = distances.reduce((most, distance) => Math.max(most, distance), 0);
  if (largest === 0) return distances;
  for (let at = 0; at < distances.length; at += 1) distances[at] = Math.round((distances[at] / largest) * STEPS);
  return distances;
}
