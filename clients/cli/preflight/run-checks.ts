import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';

/** Something that must hold before anything long is begun. */
export interface Check {
  readonly label: string;
  /** Resolves to what was found; throws a CliError with the remedy. */
  readonly find: () => Promise<string> | string;
}

/** Runs all checks, one line each; throws where any failed. */
export async function runChecks(checks: readonly Check[], io: Pick<CliIo, 'err'>): Promise<void> {
  const width = Math.max(...checks.map(({ label }) => label.length));
  let failures = 0;
  for (const { label, find } of checks) {
    try {
      io.err(`  ok    ${label.padEnd(width)}  ${await find()}`);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      failures += 1;
      io.err(`  FAIL  ${label.padEnd(width)}  ${error.message}`);
    }
  }
  if (failures > 0) throw new CliError(`${failures} of ${checks.length} checks failed; nothing was started`);
}
