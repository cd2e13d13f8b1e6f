import { create } from '@bufbuild/protobuf';
import { Command } from '@commander-js/extra-typings';
import { RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { WatchRunResponseSchema } from '../../../proto/gen/winnow/v1/training_service_pb.ts';
import type { TrainingClient } from '../../node/training-client.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { type GlobalOptions, globalOptions, withTraining } from '../connections.ts';
import { printJson } from '../output/print-json.ts';
import { runText } from '../output/run-text.ts';
import { stateWord } from '../output/words.ts';
import { progressView } from '../progress/choose-view.ts';
import { watchRun } from '../progress/watch-run.ts';

/** `winnow run watch ID`: a run until it ends. */
export function runWatchCommand(io: CliIo) {
  return new Command('watch')
    .description('show a run until it ends; exit code 1 unless it succeeds')
    .argument('<id>', 'the run')
    .action(async (id, _, command) => {
      const options = globalOptions(command);
      await withTraining(options, (training) => watchAndPrint(training, id, options, io));
    });
}

/** Shows a run until it ends, then prints it; in JSON, one line per event. Throws where it doesn't succeed. */
export async function watchAndPrint(training: TrainingClient, runId: string, options: GlobalOptions, io: CliIo) {
  const state = options.json ? await printEvents(training, runId, io) : await showProgress(training, runId, io);
  if (state !== RunState.SUCCEEDED)
    throw new CliError(`run ${runId} ${stateWord(state)}; see "winnow run get ${runId}"`);
}

async function printEvents(training: TrainingClient, runId: string, io: CliIo): Promise<RunState> {
  let state: RunState = RunState.UNSPECIFIED;
  for await (const event of training.watchRun(runId, { signal: io.signal })) {
    if (event.case === 'run') state = event.value.state;
    printJson(io, WatchRunResponseSchema, create(WatchRunResponseSchema, { event }));
  }
  return state;
}

async function showProgress(training: TrainingClient, runId: string, io: CliIo): Promise<RunState> {
  const view = progressView(io);
  try {
    const run = await training.getRun(runId, { signal: io.signal });
    const ended = await watchRun(training, run, view, io.signal);
    view.close();
    io.out(runText(ended));
    return ended.state;
  } finally {
    view.close();
  }
}
