import { tf } from '../backend.ts';
import { crossEntropy, klDivergence } from '../losses.ts';
import type { Objective } from './objective.ts';

/** TRADES (Zhang 2019, equation 5): KL(p||q) inside, CE(z, y) + beta KL(p||q) outside. */
export function trades(beta: number): Objective {
  return {
    name: 'TRADES',
    start: 'gaussian',
    innerUsesClean: true,
    outerUsesClean: true,
    innerLoss: ({ adversarial, clean }) => klDivergence(clean!, adversarial),
    outerLoss: ({ adversarial, clean }, oneHot) =>
      tf.add(crossEntropy(clean!, oneHot), tf.mul(klDivergence(clean!, adversarial), beta)),
  };
}
