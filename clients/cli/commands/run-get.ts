import { Command } from '@commander-js/extra-typings';
import { RunSchema } from '../../../proto/gen/winnow/v1/run_pb.ts';
import type { CliIo } from '../cli-io.ts';
import { globalOptions, withTraining } from '../connections.ts';
import { printJson } from '../output/print-json.ts';
import { runText } from '../output/run-text.ts';

/** `winnow run get ID`: one run. */
export function runGetCommand(io: CliIo) {
  return new Command('get')
    .description('show a run')
    .argument('<id>', 'the run')
    .action(async (id, _, command) => {
      const options = globalOptions(command);
      const run = await withTraining(options, (training) => training.getRun(id, { signal: io.signal }));
      if (options.json) printJson(io, RunSchema, run);
      else io.out(runText(run));
    });
}
