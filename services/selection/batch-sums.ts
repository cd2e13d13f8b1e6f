import { innerWithDense, type RankOneGradients, sumGradient } from './gradients.ts';
import type { MatMul } from './matmul.ts';
import type { PursuitProblem } from './omp.ts';

/**
 * Writing Σ_D g by mini-batches: atom b is the sum over batch b, its mean times its size, so that a weight of 1 lets
 * every example of a batch stand for itself. Batches hold indices and together hold every example once. A batch's sum
 * is C x (d+1) numbers, made when it is asked for and dropped again: at any time C·N float32 are held besides.
 */
export function batchSums(
  gradients: RankOneGradients,
  batches: readonly Uint32Array[],
  matMul: MatMul,
): PursuitProblem {
  const target = sumGradient(gradients);
  return {
    atoms: batches.length,
    correlations: sumWithin(batches, innerWithDense(gradients, target)),
    squaredNorms: Float64Array.from(batches, (batch) => squaredNorm(sumGradient(gradients, batch))),
    targetSquaredNorm: squaredNorm(target),
    async gramRows(rows) {
      const sums = Array.from(rows, (row) => sumGradient(gradients, batches[row]));
      const gram = new Float32Array(rows.length * batches.length);
      let row = 0;
      for (const products of await innerWithSums(gradients, sums, matMul)) {
        gram.set(sumWithin(batches, products), row * batches.length);
        row += 1;
      }
      return gram;
    },
  };
}

/** <g_i, D> of every example with each dense gradient, as `innerWithDense`, but through matrix products in float32. */
async function innerWithSums(
  gradients: RankOneGradients,
  sums: readonly Float64Array[],
  matMul: MatMul,
): Promise<Float64Array[]> {
  const { examples, classes, features } = gradients;
  const products = sums.map(() => new Float64Array(examples));
  // Terms outside, as the features of one term then stay uploaded for all sums.
  for (const term of gradients.terms) {
    for (let s = 0; s < sums.length; s += 1) {
      const { matrix, bias } = splitBias(sums[s], classes, features);
      const outputs = await matMul(matrix, classes, features, term.features, examples);
      for (let i = 0; i < examples; i += 1) {
        for (let c = 0; c < classes; c += 1) {
          products[s][i] += term.errors[i * classes + c] * (outputs[c * examples + i] + bias[c]);
        }
      }
    }
  }
  return products;
}

/** The weight part (C x d) and the bias part (C) of a dense gradient. */
function splitBias(dense: Float64Array, classes: number, features: number) {
  const matrix = new Float32Array(classes * features);
  const bias = new Float64Array(classes);
  for (let c = 0; c < classes; c += 1) {
    const row = c * (features + 1);
    matrix.set(dense.subarray(row, row + features), c * features);
    bias[c] = dense[row + features];
  }
  return { matrix, bias };
}

function sumWithin(batches: readonly Uint32Array[], values: Float64Array): Float64Array {
  return Float64Array.from(batches, (batch) => batch.reduce((sum, index) => sum + values[index], 0));
}

function squaredNorm(vector: Float64Array): number {
  return vector.reduce((sum, value) => sum + value * value, 0);
}
