import { ScorerOutput } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { seededRandom } from '../../node/scorer/seeded-random.ts';
import { signalColumns } from '../../node/scorer/signals.ts';
import { baseAnswer, baseCall, score } from './call-scorer.ts';
import type { Check } from './check.ts';
import { compareAnswers, compareScores } from './compare-answers.ts';
import { fail, pass, skipped, warning } from './finding.ts';
import type { SyntheticSignals } from './synthetic-signals.ts';

const sameSeed: Check = {
  name: 'same seed',
  run: async (subject) => {
    const [first, second] = [await baseAnswer(subject), await score(subject, baseCall(subject))];
    return compareAnswers(subject.scorer.output, first, second) === 'equal'
      ? pass('equal results')
      : fail(
          'two equal calls gave different results',
          'draw every random number from the seed of the setting, keep nothing from call to call, ' +
            'and sum in a fixed order',
        );
  },
};

const batches: Check = {
  name: 'batch sizes',
  run: async (subject) => {
    const usual = await baseAnswer(subject);
    let likeness: string = 'equal';
    for (const batchSize of [1, 7, undefined]) {
      const { signals, keep } = baseCall(subject);
      const other = await score(subject, { signals, keep, ...(batchSize !== undefined && { batchSize }) });
      const one = compareAnswers(subject.scorer.output, usual, other);
      if (one === 'different') {
        return fail(
          `other results with batches of ${batchSize ?? signals.examples}`,
          'join the batches before anything is computed over all examples: how they are cut means nothing',
        );
      }
      if (one === 'rounding') likeness = one;
    }
    if (likeness === 'equal') return pass('equal results however the examples are cut');
    return warning(
      'results differ by rounding when the examples are cut differently',
      'sum example by example, in index order, in float64',
    );
  },
};

const order: Check = {
  name: 'example order',
  run: async (subject) => {
    if (subject.scorer.output !== ScorerOutput.SCORES) return skipped('for scorers that give scores');
    const { signals, keep } = baseCall(subject);
    const permutation = shuffled(signals.examples, seededRandom(BigInt(subject.seed)));
    const { scores } = await baseAnswer(subject);
    const other = await score(subject, { signals: permuted(signals, permutation), keep });
    const likeness = compareScores(
      permutation.map((index) => scores[index]!),
      other.scores,
    );
    return likeness !== 'different'
      ? pass('permuted examples give permuted scores')
      : warning(
          'an example has another score when the examples come in another order',
          'mean it (draws by position, order as a signal), or make the score depend on the examples alone',
        );
  },
};

function shuffled(length: number, random: () => number): number[] {
  const keys = Array.from({ length }, random);
  return keys.map((_, index) => index).sort((a, b) => keys[a]! - keys[b]!);
}

/** Row i of the result is row `permutation[i]` of the signals. */
function permuted(signals: SyntheticSignals, permutation: readonly number[]): SyntheticSignals {
  const entries = signalColumns.map(({ field, width }) => {
    const columns = width(signals);
    const values = signals[field];
    return [field, values.map((_, i) => values[permutation[Math.floor(i / columns)]! * columns + (i % columns)]!)];
  });
  return { ...signals, ...Object.fromEntries(entries) };
}

/** Calls that must give what another one gave. */
export const repeatChecks: readonly Check[] = [sameSeed, batches, order];
