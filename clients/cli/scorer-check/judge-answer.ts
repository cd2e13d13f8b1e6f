import { type ScoredSet, ScorerOutput } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { Answer } from './answer.ts';
import { type Finding, fail, pass } from './finding.ts';

/** What a proper answer has. */
export interface Expected {
  readonly output: ScorerOutput;
  readonly examples: number;
  readonly keep: number;
}

/** One property of an answer: what is wrong with it, or undefined. */
export interface AnswerRule {
  readonly name: string;
  readonly remedy: string;
  problem(answer: Answer, expected: Expected): string | undefined;
}

const kind: AnswerRule = {
  name: 'answer kind',
  remedy: 'send what DescribeScorer says: ScoreChunk messages for scores, or one ScoredSet',
  problem: ({ chunks, sets, empty }, { output }) => {
    if (empty > 0) return `${empty} messages have neither scores nor a set`;
    if (output === ScorerOutput.SCORES) return sets.length > 0 ? 'a set came where scores are described' : undefined;
    if (chunks.length > 0) return 'scores came where a set is described';
    return sets.length === 1 ? undefined : `${sets.length} sets came`;
  },
};

const scoreRules: readonly AnswerRule[] = [
  {
    name: 'score count',
    remedy: 'send one score for each announced example, then end the stream',
    problem: ({ scores }, { examples }) =>
      scores.length === examples ? undefined : `${scores.length} scores for ${examples} examples`,
  },
  {
    name: 'score order',
    remedy: 'send scores in index order, first_index of each chunk being the number of scores sent before it',
    problem: ({ chunks }) => {
      let next = 0;
      for (const { firstIndex, scores } of chunks) {
        if (firstIndex !== next) return `a chunk begins at ${firstIndex} after ${next} scores`;
        next += scores.length;
      }
      return undefined;
    },
  },
  {
    name: 'finite scores',
    remedy: 'find out where it comes from (log of 0, a division by 0?), and give such examples a number',
    problem: ({ scores }) => {
      const bad = scores.findIndex((score) => !Number.isFinite(score));
      return bad < 0 ? undefined : `the score of example ${bad} is ${scores[bad]}`;
    },
  },
];

/** The set, or one without indices where none came. */
function setOf({ sets }: Answer): Pick<ScoredSet, 'indices' | 'weights'> {
  return sets[0] ?? { indices: [], weights: [] };
}

const setRules: readonly AnswerRule[] = [
  {
    name: 'set size',
    remedy: 'choose exactly as many examples as keep in the setting says',
    problem: (answer, { keep }) => {
      const { length } = setOf(answer).indices;
      return length === keep ? undefined : `${length} indices where ${keep} are to be kept`;
    },
  },
  {
    name: 'set range',
    remedy: 'choose indices from 0 to examples - 1 only: they count in the stream of this call',
    problem: (answer, { examples }) => {
      const stray = setOf(answer).indices.find((index) => index >= examples);
      return stray === undefined ? undefined : `index ${stray} of ${examples} examples`;
    },
  },
  {
    name: 'set uniqueness',
    remedy: 'choose no example twice',
    problem: (answer) => {
      const { indices } = setOf(answer);
      const twice = indices.length - new Set(indices).size;
      return twice === 0 ? undefined : `${twice} indices are there twice`;
    },
  },
  {
    name: 'set order',
    remedy: 'sort the indices, and the weights with them',
    problem: (answer) => {
      const { indices } = setOf(answer);
      const at = indices.findIndex((index, i) => i > 0 && index < indices[i - 1]!);
      return at < 0 ? undefined : `index ${indices[at]} comes after ${indices[at - 1]}`;
    },
  },
  {
    name: 'set weights',
    remedy: 'send one finite weight of at least 0 for each index, not all 0; or none at all for equal weights',
    problem: (answer) => {
      const { indices, weights } = setOf(answer);
      if (weights.length === 0) return undefined;
      if (weights.length !== indices.length) return `${weights.length} weights for ${indices.length} indices`;
      const bad = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
      if (bad >= 0) return `the weight of index ${indices[bad]} is ${weights[bad]}`;
      return weights.every((weight) => weight === 0) ? 'all weights are 0' : undefined;
    },
  },
];

/** The rules for what a scorer gives. */
export function answerRules(output: ScorerOutput): readonly AnswerRule[] {
  return [kind, ...(output === ScorerOutput.SET ? setRules : scoreRules)];
}

/** Judges an answer by all rules; the first that is broken is named. */
export function judgeAnswer(answer: Answer, expected: Expected): Finding {
  for (const rule of answerRules(expected.output)) {
    const problem = rule.problem(answer, expected);
    if (problem !== undefined) return fail(problem, rule.remedy);
  }
  const { keep, examples } = expected;
  return pass(expected.output === ScorerOutput.SET ? `${keep} of ${examples} chosen` : `${examples} scores`);
}
