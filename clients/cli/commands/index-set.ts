import { Command } from '@commander-js/extra-typings';
import { wholeIn } from '../args/numbers.ts';
import type { CliIo } from '../cli-io.ts';
import { globalOptions, withScoring } from '../connections.ts';
import { printIndexSet } from '../output/print-index-set.ts';

/** `winnow index-set get RUN [ROUND]`. */
export function indexSetCommand(io: CliIo) {
  const get = new Command('get')
    .description("show a run's index set")
    .argument('<run>', 'the run')
    .argument('[round]', 'its round; the newest where not given', wholeIn({}))
    .option('--indices', 'print the indices, one a line, each followed by its weight if there are any')
    .option('-o, --output <file>', 'write it in JSON to this file')
    .action(async (run, round, options, command) => {
      const globals = globalOptions(command);
      const set = await withScoring(globals, (scoring) => scoring.getIndexSet(run, round, { signal: io.signal }));
      printIndexSet(io, set, { ...options, json: globals.json });
    });
  return new Command('index-set').description('fetch the examples that a run kept').addCommand(get);
}
