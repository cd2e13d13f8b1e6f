import { create } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Command } from '@commander-js/extra-typings';
import type { Run } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { ListRunsResponseSchema } from '../../../proto/gen/winnow/v1/training_service_pb.ts';
import { wholeIn } from '../args/numbers.ts';
import type { CliIo } from '../cli-io.ts';
import { globalOptions, withTraining } from '../connections.ts';
import { plainTable } from '../output/plain-table.ts';
import { printJson } from '../output/print-json.ts';
import { percent, stateWord } from '../output/words.ts';

/** `winnow run list`: runs, newest first. */
export function runListCommand(io: CliIo) {
  return new Command('list')
    .description('list runs, newest first')
    .option('--limit <n>', 'at most this many', wholeIn({ min: 1 }), 100)
    .action(async ({ limit }, command) => {
      const options = globalOptions(command);
      const runs = await withTraining(options, async (training) => {
        const newest: Run[] = [];
        for await (const run of training.listRuns({ signal: io.signal })) {
          newest.push(run);
          if (newest.length === limit) break;
        }
        return newest;
      });
      if (options.json) printJson(io, ListRunsResponseSchema, create(ListRunsResponseSchema, { runs }));
      else io.out(runs.length === 0 ? 'No runs yet.' : runsTable(runs));
    });
}

function runsTable(runs: readonly Run[]): string {
  return plainTable(
    ['id', 'name', 'state', 'epochs', 'scorer', 'clean', 'robust', 'created'],
    runs.map(({ id, spec, state, epochsDone, result, createdAt }) => [
      id,
      spec?.name ?? '',
      stateWord(state),
      `${epochsDone}/${spec?.epochs ?? 0}`,
      spec?.selection?.scorer ?? 'full',
      result === undefined ? '-' : percent(result.cleanAccuracy),
      result === undefined ? '-' : percent(result.robustAccuracy),
      createdAt === undefined ? '-' : timestampDate(createdAt).toISOString(),
    ]),
  );
}
