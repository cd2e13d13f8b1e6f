import { innerWithDense, type RankOneGradients, sumGradient } from './gradients.ts';

/** <g_i, Σ g> of every example: how far it points where all of them together do. */
export function alignment(gradients: RankOneGradients): Float64Array {
  return innerWithDense(gradients, sumGradient(gradients));
}
