/** How a check ended. A warning is allowed by the contract, but its author should know. */
export type Verdict = 'pass' | 'warning' | 'fail' | 'skipped';

/** What a check found. */
export interface Finding {
  readonly verdict: Verdict;
  /** What was seen. */
  readonly detail: string;
  /** What to change; for warnings and failures. */
  readonly remedy?: string;
}

/** The scorer does as it should. */
export function pass(detail: string): Finding {
  return { verdict: 'pass', detail };
}

/** It works, but may surprise. */
export function warning(detail: string, remedy: string): Finding {
  return { verdict: 'warning', detail, remedy };
}

/** It breaks the contract. */
export function fail(detail: string, remedy: string): Finding {
  return { verdict: 'fail', detail, remedy };
}

/** There was nothing to check. */
export function skipped(detail: string): Finding {
  return { verdict: 'skipped', detail };
}
