import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { ExplainExamplesResponseSchema } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { RpcError } from '../../../services/platform/rpc/rpc-error.ts';
import { wholeIn } from '../args/numbers.ts';
import type { CliIo } from '../cli-io.ts';
import { type GlobalOptions, globalOptions, withScoring, withTraining } from '../connections.ts';
import { explanationText } from '../output/explanation-text.ts';
import { printJson } from '../output/print-json.ts';

/** Largest index that a request holds. */
const MAX_INDEX = 2 ** 32 - 1;

/** `winnow run explain RUN INDEX...`: why examples were kept or dropped. */
export function runExplainCommand(io: CliIo) {
  return new Command('explain')
    .description('say why examples were kept or dropped, round by round')
    .argument('<run>', 'the run')
    .argument('<index...>', 'indices of training examples', collectIndices)
    .action(async (run, indices, _, command) => {
      const options = globalOptions(command);
      const { signal } = io;
      const answer = await withScoring(options, (scoring) => scoring.explainExamples(run, indices, { signal }));
      if (options.json) printJson(io, ExplainExamplesResponseSchema, answer);
      else io.out(explanationText(answer, await classNamesOf(run, options, signal)));
    });
}

function collectIndices(text: string, previous: readonly number[] = []): number[] {
  const index = wholeIn({ max: MAX_INDEX })(text);
  if (previous.includes(index)) throw new InvalidArgumentError(`${index} is given twice.`);
  return [...previous, index];
}

/** Names of the run's classes; none where the training service can't say: the labels then have to do. */
async function classNamesOf(runId: string, options: GlobalOptions, signal: AbortSignal): Promise<readonly string[]> {
  try {
    const run = await withTraining(options, (training) => training.getRun(runId, { signal }));
    return run.dataset?.classNames ?? [];
  } catch (error) {
    if (error instanceof RpcError && !signal.aborted) return [];
    throw error;
  }
}
