import { crossEntropy } from '../losses.ts';
import type { Objective } from './objective.ts';

/** Adversarial training (Madry 2018): CE(z', y) inside and outside, uniform start. */
export const at: Objective = {
  name: 'AT',
  start: 'uniform',
  innerUsesClean: false,
  outerUsesClean: false,
  innerLoss: ({ adversarial }, oneHot) => crossEntropy(adversarial, oneHot),
  outerLoss: ({ adversarial }, oneHot) => crossEntropy(adversarial, oneHot),
};
