import { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { SetDefinition } from '../scorer/definition.ts';
import { seededRandom } from '../scorer/seeded-random.ts';
import { coverage } from './coverage.ts';

/** Coverage-centric coreset selection as a service of its own, by the loss of the attacked images. */
export const coverageScorer: SetDefinition = {
  name: 'coverage',
  version: '1',
  summary:
    'Leaves out the examples of highest loss under attack and draws evenly over the range of the others ' +
    '(coverage-centric coreset selection, Zheng 2023).',
  parameters: [
    {
      name: 'hardest',
      description: 'Share of the hardest examples that are left out.',
      defaultValue: 0.1,
      minimum: 0,
      maximum: 0.9,
    },
    {
      name: 'strata',
      description: 'Number of parts of the range of losses.',
      defaultValue: 50,
      minimum: 1,
      maximum: 1000,
      integer: true,
    },
  ],
  signals: [Signal.LABEL, Signal.ADVERSARIAL_LOGITS],
  output: 'set',
  score({ keep, seed, classes, parameters }, { labels, adversarialLogits }) {
    const { hardest, strata } = parameters as { hardest: number; strata: number };
    const losses = crossEntropies(labels, adversarialLogits, classes);
    return { indices: coverage(losses, { keep, hardest, strata, random: seededRandom(seed) }) };
  },
};

/** CE(z, y) of every row of N x C logits. */
function crossEntropies(labels: Uint32Array, logits: Float32Array, classes: number): Float64Array {
  return Float64Array.from(labels, (label, index) => {
    const row = logits.subarray(index * classes, (index + 1) * classes);
    // Shifted by the greatest logit, so that no exponential overflows.
    const greatest = row.reduce((a, b) => Math.max(a, b));
    const sum = row.reduce((total, logit) => total + Math.exp(logit - greatest), 0);
    return Math.log(sum) + greatest - row[label]!;
  });
}
