import { ScorerOutput } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { Answer } from './answer.ts';

/** How alike two answers are: `rounding` where no score differs by more than sums in another order explain. */
export type Likeness = 'equal' | 'rounding' | 'different';

// Of the largest score: a hundred times float32's precision, which sums of some hundred terms stay below.
const ROUNDING = 1e-5;

/** Compares two answers of one kind. */
export function compareAnswers(output: ScorerOutput, a: Answer, b: Answer): Likeness {
  return output === ScorerOutput.SET ? compareSets(a, b) : compareScores(a.scores, b.scores);
}

/** Compares two lists of scores. */
export function compareScores(a: readonly number[], b: readonly number[]): Likeness {
  if (a.length !== b.length) return 'different';
  const largest = a.reduce((most, score) => Math.max(most, Math.abs(score)), 0);
  const gap = a.reduce((most, score, i) => Math.max(most, Math.abs(score - b[i]!)), 0);
  if (gap === 0) return 'equal';
  return gap <= ROUNDING * largest ? 'rounding' : 'different';
}

function compareSets({ sets: [a] }: Answer, { sets: [b] }: Answer): Likeness {
  if (a === undefined || b === undefined || !isEqual(a.indices, b.indices)) return 'different';
  return compareScores(a.weights, b.weights);
}

function isEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
