import type { CheckResult, ScorerReport } from './report.ts';

const VERDICT_WIDTH = 9;
const NAME_WIDTH = 22;
// Refusals quote the scorer, whose messages may be long or of several lines.
const LONGEST_DETAIL = 160;

/** One check for people: a line, and the remedy below where there is one. */
export function checkLine({ check, verdict, detail, remedy }: CheckResult): string {
  const word = verdict === 'fail' ? 'FAIL' : verdict;
  const line = `${word.padEnd(VERDICT_WIDTH)}${check.padEnd(NAME_WIDTH)}${oneLine(detail)}`;
  return remedy === undefined ? line : `${line}\n${' '.repeat(VERDICT_WIDTH)}remedy: ${remedy}`;
}

/** The verdict of the whole run in one line. */
export function verdictLine({ scorer, version, address, conforms, counts }: ScorerReport): string {
  const name = scorer === '' ? 'the scorer' : `${scorer} ${version}`;
  const { pass, warning, fail, skipped } = counts;
  const numbers = `${pass} passed, ${warning} warnings, ${fail} failed, ${skipped} skipped`;
  return `${name} at ${address} ${conforms ? 'keeps' : 'breaks'} the contract: ${numbers}`;
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= LONGEST_DETAIL ? line : `${line.slice(0, LONGEST_DETAIL)}…`;
}
