import { Command } from '@commander-js/extra-typings';
import { RunSchema } from '../../../proto/gen/winnow/v1/run_pb.ts';
import type { CliIo } from '../cli-io.ts';
import { globalOptions, withTraining } from '../connections.ts';
import { printJson } from '../output/print-json.ts';
import { stateWord } from '../output/words.ts';

/** `winnow run cancel ID`. */
export function runCancelCommand(io: CliIo) {
  return new Command('cancel')
    .description('cancel a run; changes nothing where it has ended')
    .argument('<id>', 'the run')
    .action(async (id, _, command) => {
      const options = globalOptions(command);
      const run = await withTraining(options, (training) => training.cancelRun(id, { signal: io.signal }));
      if (options.json) printJson(io, RunSchema, run);
      else io.out(`${run.id}  ${stateWord(run.state)}`);
    });
}
