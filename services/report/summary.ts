import { invalidField } from '../app-error.ts';
import { runLabels } from './run-labels.ts';
import { type RunRecord, runSummary } from './run-summary.ts';
import { NO_SPEEDUP, speedup } from './speedup.ts';
import type { RunSummary, Summary } from './summary-schema.ts';

export type { RunRecord } from './run-summary.ts';
export { type RunSummary, type Summary, summarySchema } from './summary-schema.ts';

/** What a summary can't read from the runs. */
export interface SummaryOptions {
  /** Name or id of the run to compare with; the first run on the full data where not given, else the first run. */
  baseline?: string | undefined;
  /** Versions of the software to record, by name. */
  versions?: Readonly<Record<string, string>> | undefined;
}

/**
 * Summarises runs in the order given; failed, cancelled and unfinished ones too.
 * Speed-up is the baseline over the last pruned run, scoring included and evaluation excluded.
 * Throws INVALID_FIELD where `baseline` names none of the runs.
 */
export function summarise(records: readonly RunRecord[], options: SummaryOptions = {}): Summary {
  const labels = runLabels(records.map(({ run }) => run.spec?.name ?? ''));
  const runs = records.map((record, i) => runSummary(record, labels[i]!));
  const baseline = findBaseline(runs, options.baseline);
  const compared = runs.findLast((run) => run.selection !== null && run !== baseline);
  return {
    runs: runs.map((run) => ({
      ...run,
      speedup: baseline === undefined || run === baseline ? { ...NO_SPEEDUP } : speedup(baseline, run),
    })),
    speedup: baseline === undefined || compared === undefined ? { ...NO_SPEEDUP } : speedup(baseline, compared),
    baseline: baseline?.label ?? null,
    compared: compared?.label ?? null,
    versions: { ...options.versions },
  };
}

/** The two runs that a summary compares, where it has them. */
export function comparedRuns(summary: Summary): { baseline: RunSummary | undefined; compared: RunSummary | undefined } {
  return {
    baseline: summary.runs.find((run) => run.label === summary.baseline),
    compared: summary.runs.find((run) => run.label === summary.compared),
  };
}

type Uncompared = Omit<RunSummary, 'speedup'>;

function findBaseline(runs: readonly Uncompared[], wanted: string | undefined): Uncompared | undefined {
  if (wanted === undefined) return runs.find((run) => run.selection === null) ?? runs[0];
  const found = runs.find((run) => run.id === wanted) ?? runs.find((run) => run.name === wanted);
  if (found !== undefined) return found;
  const names = runs.map((run) => run.label).join(', ');
  throw invalidField('baseline', `no run has this name or id; there are: ${names || 'none'}`);
}
