import type { RunSummary, Speedup } from './summary-schema.ts';

/** What stands where there is nothing to compare. */
export const NO_SPEEDUP: Readonly<Speedup> = { seconds: null, passes: null };

/** The part of a run that its cost is read from. */
type Costed = Pick<RunSummary, 'state' | 'seconds' | 'passes'>;

/**
 * Baseline cost over a run's cost, by total seconds (scoring included, evaluation excluded) and by forward plus backward passes.
 * Null where either run did not succeed, since an unfinished run's cost says nothing, and where a cost is unknown or 0.
 */
export function speedup(baseline: Costed, run: Costed): Speedup {
  if (baseline.state !== 'succeeded' || run.state !== 'succeeded') return { ...NO_SPEEDUP };
  return {
    seconds: ratio(baseline.seconds.total, run.seconds.total),
    passes: ratio(totalPasses(baseline), totalPasses(run)),
  };
}

/** Forward and backward passes together, or null where they were not counted. */
export function totalPasses({ passes }: Pick<RunSummary, 'passes'>): number | null {
  return passes.forward === null || passes.backward === null ? null : passes.forward + passes.backward;
}

function ratio(baseline: number | null, run: number | null): number | null {
  if (baseline === null || run === null || baseline <= 0 || run <= 0) return null;
  const quotient = baseline / run;
  return Number.isFinite(quotient) ? quotient : null;
}
