import { Command } from '@commander-js/extra-typings';
import type { CliIo } from '../cli-io.ts';
import { globalOptions, withScoring } from '../connections.ts';

/** `winnow scorer unregister NAME`. */
export function scorerUnregisterCommand(io: CliIo) {
  return new Command('unregister')
    .description('forget a scorer that was registered; runs that use it fall back or fail')
    .argument('<name>', "the scorer's name")
    .action(async (name, _, command) => {
      const options = globalOptions(command);
      await withScoring(options, (scoring) => scoring.unregisterScorer(name, { signal: io.signal }));
      if (!options.json) io.out(`${name} is forgotten`);
    });
}
