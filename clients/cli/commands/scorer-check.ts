import { Command } from '@commander-js/extra-typings';
import { wholeIn } from '../args/numbers.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { globalOptions, securityOf } from '../connections.ts';
import { checkScorer } from '../scorer-check/check-scorer.ts';
import { checkLine, verdictLine } from '../scorer-check/report-text.ts';

const DEFAULT_TIMEOUT_S = 60;
const DEFAULT_EXAMPLES = 20_000;
// At d = 64, some 2 GB of signals in this process.
const MOST_EXAMPLES = 2_000_000;

/** `winnow scorer check HOST:PORT`: whether a scorer keeps the contract of ScorerService. */
export function scorerCheckCommand(io: CliIo) {
  return new Command('check')
    .description('check over the wire that a scorer service keeps the contract; exit code 0 if it does, 1 if not')
    .argument('<host:port>', 'where the scorer listens')
    .option('--timeout <seconds>', 'time that each call may take', wholeIn({ min: 1 }), DEFAULT_TIMEOUT_S)
    .option(
      '--examples <number>',
      'examples of the large input',
      wholeIn({ min: 1, max: MOST_EXAMPLES }),
      DEFAULT_EXAMPLES,
    )
    .option('--seed <number>', 'seed of the synthetic signals', wholeIn({ min: 0 }), 1)
    .action(async (address, { timeout, examples, seed }, command) => {
      const options = globalOptions(command);
      const { json } = options;
      const report = await checkScorer({
        address,
        // The token is for Winnow's own services, not for whoever wrote the scorer.
        tls: securityOf(options).tls,
        timeoutMs: timeout * 1000,
        seed,
        largeExamples: examples,
        signal: io.signal,
        onResult: (result) => {
          if (!json) io.out(checkLine(result));
        },
      });
      io.out(json ? JSON.stringify(report) : verdictLine(report));
      if (!report.conforms) throw new CliError(`${report.counts.fail} of ${report.checks.length} checks failed`);
    });
}
