import type { Finding, Verdict } from './finding.ts';

/** A check and what it found. */
export interface CheckResult extends Finding {
  readonly check: string;
}

/** The outcome of a conformance run; `--json` prints it as it is. */
export interface ScorerReport {
  readonly address: string;
  /** As described; empty where the scorer did not answer that. */
  readonly scorer: string;
  readonly version: string;
  /** Whether no check failed. */
  readonly conforms: boolean;
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly checks: readonly CheckResult[];
}

/** Counts the results. */
export function makeReport(
  about: Pick<ScorerReport, 'address' | 'scorer' | 'version'>,
  checks: readonly CheckResult[],
): ScorerReport {
  const counts = { pass: 0, warning: 0, fail: 0, skipped: 0 };
  for (const { verdict } of checks) counts[verdict]++;
  return { ...about, conforms: counts.fail === 0, counts, checks };
}
