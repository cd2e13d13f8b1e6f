import { Command } from '@commander-js/extra-typings';
import type { CliIo } from '../cli-io.ts';
import { globalOptions, withTraining } from '../connections.ts';
import { writeOutput } from '../output/write-output.ts';

/** `winnow run download ID -o FILE`: a run's newest model, or its best. */
export function runDownloadCommand(io: CliIo) {
  return new Command('download')
    .description("write a run's newest model as a safetensors file")
    .argument('<id>', 'the run')
    .option('--best', 'its best model on held-out examples rather than the newest')
    .requiredOption('-o, --output <file>', 'the file to write')
    .action(async (id, { output, best }, command) => {
      const options = globalOptions(command);
      const model = await withTraining(options, (training) => training.downloadModel(id, { signal: io.signal, best }));
      writeOutput(output, model);
      if (options.json) io.out(JSON.stringify({ file: output, sizeBytes: model.length }));
      else io.out(`${output}  ${model.length} bytes`);
    });
}
