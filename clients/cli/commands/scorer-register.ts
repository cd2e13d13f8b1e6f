import { Command } from '@commander-js/extra-typings';
import { ScorerDescriptionSchema } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { CliIo } from '../cli-io.ts';
import { globalOptions, withScoring } from '../connections.ts';
import { printJson } from '../output/print-json.ts';

/** `winnow scorer register HOST:PORT`. */
export function scorerRegisterCommand(io: CliIo) {
  return new Command('register')
    .description('make a scorer service known to the scoring service, under the name it gives itself')
    .argument('<host:port>', 'where the scorer listens, as the scoring service reaches it')
    .action(async (address, _, command) => {
      const options = globalOptions(command);
      const scorer = await withScoring(options, (scoring) => scoring.registerScorer(address, { signal: io.signal }));
      if (options.json) printJson(io, ScorerDescriptionSchema, scorer);
      else io.out(`${scorer.name}  version ${scorer.version}\nUse it with: winnow run create --scorer ${scorer.name}`);
    });
}
