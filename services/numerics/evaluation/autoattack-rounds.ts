import { apgd } from './apgd.ts';
import { fabWithin } from './fab.ts';
import type { Round } from './run-rounds.ts';
import { square } from './square.ts';

/** What an example can be broken by, in this order; 'clean' is no attack at all. */
export const ATTACK_NAMES = ['clean', 'apgd-ce', 'apgd-t', 'fab-t', 'square'] as const;

/** The name of one. */
export type AttackName = (typeof ATTACK_NAMES)[number];

/** How much of each attack is spent. */
export interface AutoAttackBudget {
  readonly apgdIterations: number;
  readonly fabIterations: number;
  /** Target classes of the targeted attacks, the likeliest wrong ones; at most all. */
  readonly targets: number;
  readonly squareQueries: number;
}

/** The budget of AutoAttack's standard version (Croce and Hein 2020, section 5); results with another are not AutoAttack's. */
export const STANDARD_BUDGET: AutoAttackBudget = {
  apgdIterations: 100,
  fabIterations: 100,
  targets: 9,
  squareQueries: 5000,
};

/** One attack, or one target of it. */
export interface AttackRound extends Round {
  readonly attack: AttackName;
  /** Rank of the target among the wrong classes, from 1; undefined for untargeted attacks. */
  readonly target: number | undefined;
}

function untargeted(attack: AttackName, iterations: number, run: AttackRound['run']): AttackRound {
  return { attack, target: undefined, iterations, run };
}

/** The rounds of the whole suite: no attack, APGD on cross-entropy, targeted APGD, targeted FAB, Square. */
export function autoAttackRounds(epsilon: number, classes: number, budget: AutoAttackBudget): AttackRound[] {
  const { apgdIterations, fabIterations, squareQueries } = budget;
  const ranks = Array.from({ length: Math.min(budget.targets, classes - 1) }, (_, i) => i + 1);
  return [
    untargeted('clean', 0, (_, { images }) => images.clone()),
    untargeted('apgd-ce', apgdIterations, (context, batch, seed) =>
      apgd(context, batch, { epsilon, iterations: apgdIterations }, seed),
    ),
    ...ranks.map(
      (target): AttackRound => ({
        attack: 'apgd-t',
        target,
        iterations: apgdIterations,
        run: (context, batch, seed) =>
          apgd(context, batch, { epsilon, iterations: apgdIterations, targetRank: target }, seed),
      }),
    ),
    ...ranks.map(
      (target): AttackRound => ({
        attack: 'fab-t',
        target,
        iterations: fabIterations,
        run: (context, batch) => fabWithin(context, batch, { iterations: fabIterations, targetRank: target }, epsilon),
      }),
    ),
    untargeted('square', squareQueries, (context, batch, seed) =>
      square(context, batch, { epsilon, queries: squareQueries }, seed),
    ),
  ];
}
