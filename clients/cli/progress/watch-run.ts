import type { Run } from '../../../proto/gen/winnow/v1/run_pb.ts';
import type { TrainingClient } from '../../node/training-client.ts';
import { CliError } from '../cli-error.ts';
import { stateWord } from '../output/words.ts';
import type { ProgressView } from './progress-view.ts';
import { advance, hasEnded, initialProgress } from './run-progress.ts';

/** Shows a run until it ends, and returns it as it ended. */
export async function watchRun(
  training: TrainingClient,
  run: Run,
  view: ProgressView,
  signal: AbortSignal,
): Promise<Run> {
  let progress = initialProgress(run.spec?.name || run.id, run.spec?.epochs ?? 0);
  for await (const event of training.watchRun(run.id, { signal })) {
    progress = advance(progress, event);
    view.show(progress);
  }
  // The stream's last message may be progress; the record is what counts.
  const ended = await training.getRun(run.id, { signal });
  if (!hasEnded(ended.state)) {
    throw new CliError(`the watch of run ${run.id} ended while it is ${stateWord(ended.state)}; watch it again`);
  }
  return ended;
}
