import type { Check } from './check.ts';
import { describeFailure } from './describe-failure.ts';
import { type Finding, fail, skipped } from './finding.ts';
import type { CheckResult } from './report.ts';
import type { Subject } from './subject.ts';

// With these, a scorer is known to hang; at a minute each, the others would take most of an hour.
const MOST_HANGS = 3;

/**
 * Runs checks one after the other. Those after a failure that the scorer did not survive are skipped, as are those
 * after three that ran out of time.
 */
export async function* runChecks(subject: Subject, checks: readonly Check[]): AsyncGenerator<CheckResult> {
  let reason: string | undefined;
  let hangs = 0;
  for (const check of checks) {
    const since = performance.now();
    const finding = reason === undefined ? await runCheck(subject, check) : skipped(reason);
    subject.signal.throwIfAborted();
    if (finding.verdict === 'fail') {
      if (performance.now() - since >= subject.timeoutMs) hangs++;
      if (hangs >= MOST_HANGS) reason = 'too many checks ran out of time';
      if (!(await isAlive(subject))) reason = 'the scorer no longer answers';
    }
    yield { check: check.name, ...finding };
  }
}

async function runCheck(subject: Subject, check: Check): Promise<Finding> {
  try {
    return await check.run(subject);
  } catch (error) {
    return fail(describeFailure(error, subject), "see the scorer's log; this input is proper and must be answered");
  }
}

async function isAlive({ client, timeoutMs, signal }: Subject): Promise<boolean> {
  return client.describeScorer({}, { timeoutMs, signal }).then(
    () => true,
    () => false,
  );
}
