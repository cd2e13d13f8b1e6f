import { Command, Option } from '@commander-js/extra-typings';
import type { Run } from '../../../proto/gen/winnow/v1/run_pb.ts';
import type { TrainingClient } from '../../node/training-client.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { globalOptions, withTraining } from '../connections.ts';
import { MlflowApi } from '../export/mlflow/mlflow-api.ts';
import { MlflowExport } from '../export/mlflow/mlflow-export.ts';
import { TensorBoardExport } from '../export/tensorboard/tensorboard-export.ts';

interface Sinks {
  readonly tensorboard?: TensorBoardExport;
  readonly mlflow?: MlflowExport;
}

/** `winnow run export ID --tensorboard DIR --mlflow URL`: a run's curves, where people look at curves. */
export function runExportCommand(io: CliIo) {
  return new Command('export')
    .description("write a run's curves as TensorBoard event files, or to an MLflow server")
    .argument('<id>', 'the run')
    .option('--tensorboard <folder>', 'folder for TensorBoard’s --logdir; the run gets one of its own in it')
    .addOption(new Option('--mlflow <url>', 'an MLflow tracking server').env('MLFLOW_TRACKING_URI'))
    .option('--experiment <name>', 'the MLflow experiment, made where it is missing', 'winnow')
    .option('--follow', 'go on until the run has ended')
    .addHelpText('after', '\nMLflow’s bearer token is read from MLFLOW_TRACKING_TOKEN.')
    .action(async (id, { tensorboard, mlflow, experiment, follow }, command) => {
      const options = globalOptions(command);
      const token = io.env.MLFLOW_TRACKING_TOKEN;
      const sinks: Sinks = {
        ...(tensorboard && { tensorboard: new TensorBoardExport(tensorboard) }),
        ...(mlflow && { mlflow: new MlflowExport(new MlflowApi(mlflow, token, io.signal), experiment) }),
      };
      if (!sinks.tensorboard && !sinks.mlflow) throw new CliError('give --tensorboard, --mlflow, or both');
      const written = await withTraining(options, (training) => exportRun(training, id, sinks, io, follow));
      if (options.json) io.out(JSON.stringify(written));
      else for (const [sink, place] of Object.entries(written)) io.out(`${sink.padEnd(13)}${place}`);
    });
}

/** Where a run's curves went. */
export interface WrittenRun {
  /** The event file. */
  readonly tensorboard?: string;
  /** The id of MLflow's run. */
  readonly mlflow?: string;
}

async function exportRun(training: TrainingClient, id: string, sinks: Sinks, { signal }: CliIo, follow?: true) {
  if (!follow) return write(await training.getRun(id, { signal }), sinks);
  let written: WrittenRun = {};
  let shown = '';
  for await (const event of training.watchRun(id, { signal })) {
    if (event.case !== 'run') continue;
    const { state, epochsDone, rounds } = event.value;
    const stage = `${state} ${epochsDone} ${rounds.length}`;
    if (stage === shown) continue;
    shown = stage;
    written = await write(event.value, sinks);
  }
  return written;
}

async function write(run: Run, { tensorboard, mlflow }: Sinks): Promise<WrittenRun> {
  return {
    ...(tensorboard && { tensorboard: await tensorboard.write(run) }),
    ...(mlflow && { mlflow: await mlflow.write(run) }),
  };
}
