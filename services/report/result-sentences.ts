import { formatAccuracy, formatEpsilon, formatPoints, formatRatio, formatSeconds, formatShare } from './format.ts';
import { printable } from './printable.ts';
import { settingsThatDiffer } from './settings-that-differ.ts';
import { comparedRuns } from './summary.ts';
import type { RunSummary, Speedup, Summary } from './summary-schema.ts';

/** Differences in accuracy up to this are not remarked on: half a percentage point. */
export const REMARKABLE = 0.005;
/** Costs within this of each other are "about as fast"; wall-clock time alone varies by as much. */
const ABOUT_EQUAL = 0.05;
/** Standard errors to either side that hold 95 % of a normal distribution. */
const Z_95 = 1.96;

/** What came out, in words: the result first, then whatever a reader has to know to judge it. */
export function resultSentences(summary: Summary): string[] {
  return sentences(summary).map((sentence) => printable(sentence));
}

function sentences(summary: Summary): string[] {
  const { baseline, compared } = comparedRuns(summary);
  if (baseline === undefined) return ['There are no runs to report.'];
  if (compared === undefined) return [describeAlone(baseline), 'There is no pruned run to compare it with.'];
  const unfinished = [baseline, compared].filter((run) => run.state !== 'succeeded').map(describeEnd);
  if (unfinished.length > 0) return [...unfinished, 'So there is nothing to compare.'];
  return [
    describeComparison(baseline, compared, summary.speedup),
    ...describeAccuracy('Robust', robustOf(baseline), robustOf(compared)),
    ...describeAccuracy('Clean', cleanOf(baseline), cleanOf(compared)),
    ...describeDifferences(baseline, compared),
  ];
}

function describeAlone(run: RunSummary): string {
  if (run.state !== 'succeeded') return describeEnd(run);
  return `${run.label}: clean ${formatAccuracy(run.clean)}, ${attackOf(run)} robust ${formatAccuracy(run.robust.accuracy)} after ${formatSeconds(run.seconds.total)}.`;
}

function describeEnd(run: RunSummary): string {
  const done = `${run.label} ${run.state} after ${run.epochsDone} of ${run.epochs} epochs`;
  return run.failure === null ? `${done}.` : `${done} (${run.failure.reason}): ${run.failure.message}`;
}

function describeComparison(baseline: RunSummary, compared: RunSummary, speedup: Speedup): string {
  const robust =
    attackOf(baseline) === attackOf(compared)
      ? `${attackOf(compared)} robust ${formatAccuracy(compared.robust.accuracy)} vs ${formatAccuracy(baseline.robust.accuracy)}`
      : `robust ${formatAccuracy(compared.robust.accuracy)} (${attackOf(compared)}) vs ${formatAccuracy(baseline.robust.accuracy)} (${attackOf(baseline)})`;
  return `Pruned to ${formatShare(compared.fraction)} with ${compared.scorer}: ${[
    ...describeSpeed(speedup),
    `clean ${formatAccuracy(compared.clean)} vs ${formatAccuracy(baseline.clean)}`,
    robust,
  ].join(', ')}.`;
}

function describeSpeed({ seconds, passes }: Speedup): string[] {
  const fewer = passes === null ? '' : ` (${formatRatio(passes)} by passes)`;
  if (seconds === null) return passes === null ? [] : [`speed-up ${formatRatio(passes)} by passes`];
  if (Math.abs(seconds - 1) <= ABOUT_EQUAL) return [`about as fast${fewer}`];
  return [seconds > 1 ? `${formatRatio(seconds)} faster${fewer}` : `${formatRatio(1 / seconds)} slower${fewer}`];
}

/** An accuracy in [0,1] and the examples it was measured on. */
export interface Measured {
  accuracy: number | null;
  examples: number | null;
}

const robustOf = ({ robust }: RunSummary): Measured => robust;
const cleanOf = ({ clean, robust }: RunSummary): Measured => ({ accuracy: clean, examples: robust.examples });

function describeAccuracy(kind: string, baseline: Measured, compared: Measured): string[] {
  if (baseline.accuracy === null || compared.accuracy === null)
    return [`${kind} accuracy was not measured for both runs.`];
  const difference = compared.accuracy - baseline.accuracy;
  // Rounded, as 0.903 - 0.898 is a little above 0.005.
  if (Number(Math.abs(difference).toFixed(9)) <= REMARKABLE) return [];
  const noise = samplingError(baseline, compared);
  const chance =
    noise !== null && Math.abs(difference) < noise ? `, within the sampling error of ${formatPoints(noise)}` : '';
  return [
    `${kind} accuracy is ${formatPoints(difference)} ${difference < 0 ? 'lower' : 'higher'} than on the baseline${chance}.`,
  ];
}

/** Half-width of the 95 % interval of the difference, taking the two measurements as independent samples. */
export function samplingError(...measured: Measured[]): number | null {
  let variance = 0;
  for (const { accuracy, examples } of measured) {
    if (accuracy === null || !examples) return null;
    variance += (accuracy * (1 - accuracy)) / examples;
  }
  return Z_95 * Math.sqrt(variance);
}

function describeDifferences(baseline: RunSummary, compared: RunSummary): string[] {
  const different = settingsThatDiffer(baseline, compared);
  return different.length === 0 ? [] : [`The two runs differ in more than pruning: ${different.join(', ')}.`];
}

function attackOf({ robust }: RunSummary): string {
  return `${robust.attack} (eps ${formatEpsilon(robust.epsilon)})`;
}
