import type { RunSpec } from '../../../proto/gen/winnow/v1/run_pb.ts';
import type { RunSettings } from '../args/run-settings.ts';
import { runSpec } from '../args/run-spec.ts';
import { percent, pixelLength, stepCount } from '../output/words.ts';

/** What a demo does. */
export interface DemoPlan {
  readonly settings: RunSettings;
  readonly scorers: readonly string[];
  readonly seeds: readonly number[];
  /** Folder that takes the results. */
  readonly output: string;
  readonly dataRoot?: string | undefined;
  /** Whether the cluster's own data is kept. */
  readonly keep: boolean;
  readonly logLevel: string;
  readonly json: boolean;
}

/** The runs of a demo, in their order: for each seed the full data, then every scorer; all else is the same in all. */
export function plannedRuns({ settings, scorers, seeds }: DemoPlan): RunSpec[] {
  const named = (name: string, seed: number) => (seeds.length === 1 ? name : `${name} seed ${seed}`);
  return seeds.flatMap((seed) => [
    runSpec(settings, { name: named('full', seed), seed }),
    ...scorers.map((scorer) => runSpec(settings, { name: named(scorer, seed), seed, scorer })),
  ]);
}

/** What is about to be done, exact values included. */
export function planText({ settings, scorers, seeds }: DemoPlan): string {
  const examples = settings.trainExamples === 0 ? 'all' : settings.trainExamples;
  const weight = {
    at: '',
    'fast-at': '',
    trades: ` beta ${settings.beta ?? 6}`,
    mart: ` lambda ${settings.lambda ?? 5}`,
  };
  return [
    `${settings.dataset}, ${examples} training examples; ${settings.model}; ${settings.epochs} epochs of batches of ${settings.batchSize}; seed ${seeds.join(', ')}`,
    `${settings.objective.toUpperCase()}${weight[settings.objective]}, attacked by ${stepCount(settings.steps)} of ${pixelLength(settings.stepSize)} within eps ${pixelLength(settings.epsilon)}`,
    `full data against ${scorers.join(', ')} at ${percent(settings.fraction)}, selected every ${settings.selectEvery} epochs`,
  ].join('\n');
}
