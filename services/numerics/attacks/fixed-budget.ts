import type { AttackPolicy } from './attack-policy.ts';
import { type Budget, craft } from './craft.ts';

/** Every example gets the objective's whole attack, one mini-batch at a time. */
export function fixedBudget(budget: Budget): AttackPolicy {
  return {
    poolBatches: 1,
    attack: (batch, { model, objective, seed, passes, beforeStep, precision }) =>
      craft(model, objective, batch, budget, seed, passes, beforeStep, precision),
    observe: () => {},
    takeCounts: () => ({}),
    state: () => ({}),
  };
}
