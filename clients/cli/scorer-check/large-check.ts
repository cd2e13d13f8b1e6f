import { scoreAndJudge } from './call-scorer.ts';
import type { Check } from './check.ts';
import { fail } from './finding.ts';
import { syntheticSignals } from './synthetic-signals.ts';

const BATCH_SIZE = 250;

/** A data set's worth of examples is scored within the time of one call. */
export const largeCheck: Check = {
  name: 'large input',
  run: async (subject) => {
    const examples = subject.largeExamples;
    const signals = syntheticSignals({ examples, classes: 10, features: 64, seed: subject.seed });
    const since = performance.now();
    const finding = await scoreAndJudge(subject, { signals, keep: Math.ceil(examples * 0.3), batchSize: BATCH_SIZE });
    const detail = `${finding.detail}, ${((performance.now() - since) / 1000).toFixed(1)} s`;
    return finding.verdict === 'fail' ? fail(finding.detail, finding.remedy ?? '') : { ...finding, detail };
  },
};
