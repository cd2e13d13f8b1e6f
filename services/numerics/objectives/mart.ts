import { tf } from '../backend.ts';
import { boostedCrossEntropy, crossEntropy, klDivergence, trueClassProbability } from '../losses.ts';
import type { Objective } from './objective.ts';

/** MART (Wang 2020, equation 11): CE(z', y) inside, BCE(z', y) + lambda KL(p||q) (1 - p_y) outside. */
export function mart(lambda: number): Objective {
  return {
    name: 'MART',
    start: 'gaussian',
    innerUsesClean: false,
    outerUsesClean: true,
    innerLoss: ({ adversarial }, oneHot) => crossEntropy(adversarial, oneHot),
    outerLoss: ({ adversarial, clean }, oneHot) => {
      const unsure = tf.sub(1, trueClassProbability(clean!, oneHot));
      const robust = tf.mul(tf.mul(klDivergence(clean!, adversarial), unsure), lambda);
      return tf.add(boostedCrossEntropy(adversarial, oneHot), robust);
    },
  };
}
