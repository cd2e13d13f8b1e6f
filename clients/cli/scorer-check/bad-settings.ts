import type { ScorerParameter } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { Setting } from './score-call.ts';
import type { Subject } from './subject.ts';

/** A setting that a scorer can't use. */
export interface BadSetting {
  readonly name: string;
  readonly remedy: string;
  /** What differs from a proper setting; undefined where the scorer has nothing that this would be wrong for. */
  change(subject: Subject, proper: Setting): Setting | undefined;
}

function badParameter(name: string, value: (parameter: ScorerParameter) => number | undefined): BadSetting {
  return {
    name,
    remedy: 'compare each parameter with the bounds that are described, before anything is computed',
    change: ({ scorer }, proper) => {
      for (const parameter of scorer.parameters) {
        const bad = value(parameter);
        if (bad !== undefined) return { parameters: { ...proper.parameters, [parameter.name]: bad } };
      }
      return undefined;
    },
  };
}

/** Enough to leave a bound: beside a large one, 1 is lost in rounding. */
function step(bound: number): number {
  return Math.max(1, Math.abs(bound));
}

const COUNTS = 'refuse settings whose keep is not between 1 and examples';

/** Settings that must be refused. */
export const badSettings: readonly BadSetting[] = [
  { name: 'keep none', remedy: COUNTS, change: () => ({ keep: 0 }) },
  { name: 'keep too many', remedy: COUNTS, change: (_, { examples = 0 }) => ({ keep: examples + 1 }) },
  {
    name: 'unknown parameter',
    remedy: 'refuse parameters that are not described: a misspelt name would go unnoticed',
    change: (_, { parameters }) => ({ parameters: { ...parameters, 'no-such-parameter': 1 } }),
  },
  badParameter('parameter too low', ({ minimum }) => minimum - step(minimum)),
  badParameter('parameter too high', ({ maximum }) => maximum + step(maximum)),
  badParameter('parameter NaN', () => Number.NaN),
  badParameter('part of a whole', ({ integer, minimum }) => (integer ? minimum + 0.5 : undefined)),
];
