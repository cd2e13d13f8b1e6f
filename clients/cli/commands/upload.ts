import { Command } from '@commander-js/extra-typings';
import { readModelFile, uploadedModel, withModelFileOptions } from '../args/model-file.ts';
import type { CliIo } from '../cli-io.ts';
import { globalOptions, withTraining } from '../connections.ts';

/** `winnow upload FILE`: stores a PyTorch model's weights for evaluations and scoring. */
export function uploadCommand(io: CliIo) {
  const command = new Command('upload')
    .description("store a model's weights, a safetensors file with PyTorch's names, for --checkpoint of other commands")
    .argument('<file>', 'the file');
  return withModelFileOptions(command).action(async (path, options, self) => {
    const globals = globalOptions(self);
    const model = uploadedModel(options);
    const file = readModelFile(path);
    const { sha256, sizeBytes } = await withTraining(globals, (training) =>
      training.uploadModel(model, file, { signal: io.signal }),
    );
    if (globals.json) io.out(JSON.stringify({ sha256, sizeBytes: Number(sizeBytes) }));
    else io.out(`${sha256}:${sizeBytes}`);
  });
}
