import type { RoundBatch, SurvivorState } from './survivors.ts';

/** What progress has to know of a round. */
export interface PhaseRound {
  /** The attack that it is, or is a part of; rounds of one attack follow each other and are one phase. */
  readonly attack: string;
  /** Iterations it makes at most. */
  readonly iterations: number;
}

/** How far an attack is, all its rounds together. */
export interface PhaseProgress {
  /** The attack. */
  readonly phase: string;
  /** Examples it is through with; one under way counts by its share of the iterations. */
  readonly done: number;
  /** Examples that came to it. */
  readonly total: number;
  /** Numbers of the examples that nothing has broken so far, ascending. */
  readonly standing: readonly number[];
}

/** Iterations of a round, and the pass that says what it left standing. */
const costOf = ({ iterations }: PhaseRound) => iterations + 1;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/**
 * How far the attack that a batch is in the midst of is; `share` is that of its iterations made and not yet recorded.
 * Broken examples are through with the attack.
 */
export function phaseProgress(
  rounds: readonly PhaseRound[],
  { survived, broken }: SurvivorState,
  now: RoundBatch,
  share = 0,
): PhaseProgress {
  const { attack } = rounds[now.round];
  const first = rounds.findIndex((round) => round.attack === attack);
  const costs = rounds.filter((round) => round.attack === attack).map(costOf);
  const whole = sum(costs);
  const fallen = new Set(broken);
  const came = [...survived.keys()].filter((example) => survived[example] >= first);
  const spent = came.map((example) => (fallen.has(example) ? whole : sum(costs.slice(0, survived[example] - first))));
  const underWay = now.examples.length * share * costs[now.round - first];
  return {
    phase: attack,
    done: Math.floor((sum(spent) + underWay) / whole),
    total: came.length,
    standing: [...survived.keys()].filter((example) => !fallen.has(example)),
  };
}
