import { readFileSync } from 'node:fs';
import { fromJsonString } from '@bufbuild/protobuf';
import { Command } from '@commander-js/extra-typings';
import { RunSchema, type RunSpec, RunSpecSchema } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { wholeIn } from '../args/numbers.ts';
import { resolveSettings } from '../args/resolve-settings.ts';
import { runSpec } from '../args/run-spec.ts';
import { withRunOptions } from '../args/setting-options.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { globalOptions, withTraining } from '../connections.ts';
import { printJson } from '../output/print-json.ts';
import { watchAndPrint } from './run-watch.ts';

/** `winnow run create`: a run from options, or from a RunSpec in protobuf's JSON form. */
export function runCreateCommand(io: CliIo) {
  const command = new Command('create')
    .description('create a run; it trains on the full data where no scorer is given')
    .option('-f, --file <spec.json>', 'a RunSpec in JSON, "-" for stdin; other options are then ignored')
    .option('--name <name>', 'a name for people')
    .option('--scorer <name>', 'prune with this scorer')
    .option('--seed <n>', 'seed', wholeIn({}), 1)
    .option('--watch', 'show the run until it ends; interrupting that leaves it running');
  return withRunOptions(command).action(async (options, self) => {
    const globals = globalOptions(self);
    const { file, name, scorer, seed, watch, ...given } = options;
    const spec =
      file === undefined
        ? runSpec(resolveSettings(given), { name: name ?? scorer ?? 'full', seed, scorer })
        : readSpec(file);
    await withTraining(globals, async (training) => {
      const run = await training.createRun(spec, { signal: io.signal });
      if (watch) return watchAndPrint(training, run.id, globals, io);
      if (globals.json) printJson(io, RunSchema, run);
      else io.out(run.id);
    });
  });
}

function readSpec(file: string): RunSpec {
  try {
    return fromJsonString(RunSpecSchema, readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (error) {
    throw new CliError(`${file} can't be read as a RunSpec: ${(error as Error).message}`);
  }
}
