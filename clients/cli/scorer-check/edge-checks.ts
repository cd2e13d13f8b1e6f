import { baseCall, type ScoreCall, scoreAndJudge } from './call-scorer.ts';
import type { Check } from './check.ts';
import { type Finding, fail, pass, skipped } from './finding.ts';
import { settingFor } from './score-call.ts';
import type { Subject } from './subject.ts';
import { type SyntheticShape, syntheticSignals } from './synthetic-signals.ts';

const CLASSES = 3;
const FEATURES = 5;

function edge(name: string, shape: Pick<SyntheticShape, 'examples' | 'present'>, keep: number): Check {
  const run = (subject: Subject) => {
    const signals = syntheticSignals({ ...shape, classes: CLASSES, features: FEATURES, seed: subject.seed });
    return scoreAndJudge(subject, { signals, keep });
  };
  return { name, run };
}

const parameterBounds: Check = {
  name: 'parameter bounds',
  run: async (subject) => {
    const { parameters } = subject.scorer;
    if (parameters.length === 0) return skipped('there are no parameters');
    const values = parameters.flatMap(({ name, minimum, maximum }) => [
      { name, value: minimum },
      { name, value: maximum },
    ]);
    for (const { name, value } of values) {
      const finding = await withParameter(subject, baseCall(subject), name, value);
      if (finding.verdict === 'fail') return fail(`with ${name} = ${value}: ${finding.detail}`, finding.remedy ?? '');
    }
    return pass(`${values.length} values`);
  },
};

function withParameter(subject: Subject, call: ScoreCall, name: string, value: number): Promise<Finding> {
  const usual = settingFor(subject.scorer, call.signals, call.keep).parameters;
  return scoreAndJudge(subject, { ...call, setting: { parameters: { ...usual, [name]: value } } });
}

/** Proper inputs at the edges of what is allowed. */
export const edgeChecks: readonly Check[] = [
  edge('an empty class', { examples: 30, present: [0, 2] }, 10),
  edge('one class only', { examples: 30, present: [1] }, 10),
  edge('a class of one', { examples: 2 }, 1),
  edge('one example', { examples: 1 }, 1),
  edge('keep one', { examples: 30 }, 1),
  edge('keep all', { examples: 30 }, 30),
  parameterBounds,
];
