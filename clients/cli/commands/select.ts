import type { MessageInitShape } from '@bufbuild/protobuf';
import { Command } from '@commander-js/extra-typings';
import type { IndexSet } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import type {
  ScoringTargetSchema,
  SelectSubsetRequestSchema,
} from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { type CheckpointArgument, checkpointArgument } from '../args/checkpoint.ts';
import { wholeIn } from '../args/numbers.ts';
import { resolveSettings } from '../args/resolve-settings.ts';
import type { GivenSettings } from '../args/run-settings.ts';
import { datasetSpec, modelSpec, objectiveSpec, selectionSpec } from '../args/run-spec.ts';
import { withObjectiveOptions, withSelectionOptions, withTargetOptions } from '../args/setting-options.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { type GlobalOptions, globalOptions, withScoring, withTraining } from '../connections.ts';
import { printIndexSet } from '../output/print-index-set.ts';
import { workProgress } from '../progress/work-progress.ts';

type Target = MessageInitShape<typeof ScoringTargetSchema>;

/** `winnow select`: one selection, outside any run. */
export function selectCommand(io: CliIo) {
  const command = new Command('select')
    .description('select a subset once, with a given model or a freshly initialised one')
    .requiredOption('--scorer <name>', 'the scorer')
    .option('--run <id>', "take data set, model, weights and objective from this run's newest state")
    .option('--checkpoint <sha256:bytes>', 'the weights to score with', checkpointArgument)
    .option('--seed <n>', 'seed', wholeIn({}), 1)
    .option('--indices', 'print the indices, one a line, each followed by its weight if there are any')
    .option('-o, --output <file>', 'write the index set in JSON to this file');
  const withSettings = withSelectionOptions(withObjectiveOptions(withTargetOptions(command)));
  return withSettings.action(async (options, self) => {
    const globals = globalOptions(self);
    const { scorer, run, checkpoint, seed, indices, output, ...given } = options;
    const target =
      run === undefined
        ? targetFrom(given, seed, checkpoint)
        : await targetOf(run, globals, seed, checkpoint, io.signal);
    const selection = selectionSpec(resolveSettings(given), scorer);
    const set = await select({ target, selection }, globals, io);
    printIndexSet(io, set, { indices, output, json: globals.json });
  });
}

function targetFrom(given: GivenSettings, seed: number, checkpoint: CheckpointArgument | undefined): Target {
  const settings = resolveSettings(given);
  return {
    dataset: datasetSpec(settings),
    model: modelSpec(settings),
    objective: objectiveSpec(settings),
    seed: BigInt(seed),
    ...(checkpoint && { checkpoint }),
  };
}

async function targetOf(
  runId: string,
  globals: GlobalOptions,
  seed: number,
  chosen: CheckpointArgument | undefined,
  signal: AbortSignal,
): Promise<Target> {
  const { spec, checkpoint } = await withTraining(globals, (training) => training.getRun(runId, { signal }));
  const weights = chosen ?? checkpoint;
  if (weights === undefined) throw new CliError(`run ${runId} has no model yet; wait for it, or give --checkpoint`);
  const { dataset, model, objective } = spec ?? {};
  return {
    ...(dataset && { dataset }),
    ...(model && { model }),
    ...(objective && { objective }),
    checkpoint: weights,
    seed: BigInt(seed),
  };
}

async function select(
  request: MessageInitShape<typeof SelectSubsetRequestSchema>,
  globals: GlobalOptions,
  io: CliIo,
): Promise<IndexSet> {
  const show = workProgress(io);
  return withScoring(globals, async (scoring) => {
    let set: IndexSet | undefined;
    for await (const part of scoring.selectSubset(request, { signal: io.signal })) {
      if (part.case === 'indexSet') set = part.value;
      else show(part.value.phase, part.value.done, part.value.total);
    }
    if (set === undefined) throw new CliError('the scoring service sent no index set; try again');
    return set;
  });
}
