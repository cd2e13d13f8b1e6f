import type { MessageInitShape } from '@bufbuild/protobuf';
import { Command, Option } from '@commander-js/extra-typings';
import { type Evaluation, EvaluationSchema, type Run } from '../../../proto/gen/winnow/v1/run_pb.ts';
import type { EvaluateModelRequestSchema } from '../../../proto/gen/winnow/v1/training_service_pb.ts';
import type { TrainingClient } from '../../node/training-client.ts';
import { type CheckpointArgument, checkpointArgument } from '../args/checkpoint.ts';
import { wholeIn } from '../args/numbers.ts';
import { resolveSettings } from '../args/resolve-settings.ts';
import { evaluationAttack } from '../args/run-spec.ts';
import { withEvaluationOptions } from '../args/setting-options.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { globalOptions, withTraining } from '../connections.ts';
import { evaluationText } from '../output/evaluation-text.ts';
import { printJson } from '../output/print-json.ts';
import { workProgress } from '../progress/work-progress.ts';

type Request = MessageInitShape<typeof EvaluateModelRequestSchema>;

/** `winnow evaluate`: accuracy of a run's model, clean and under attack. */
export function evaluateCommand(io: CliIo) {
  const command = new Command('evaluate')
    .description("measure the accuracy of a run's model on its test examples")
    .requiredOption('--run <id>', 'the run; its data set and architecture are used')
    .option('--checkpoint <sha256:bytes>', "other weights than the run's newest", checkpointArgument)
    .addOption(new Option('--best', "the run's best model on held-out examples").conflicts('checkpoint'))
    .option('--auto-attack', 'AutoAttack, too, within the same radius: slow; the same command again goes on with it')
    .option('--seed <n>', 'seed of the attacks', wholeIn({}), 1);
  return withEvaluationOptions(command).action(async ({ run: runId, autoAttack, seed, ...options }, self) => {
    const { checkpoint, best, ...given } = options;
    const globals = globalOptions(self);
    await withTraining(globals, async (training) => {
      const { spec, ...run } = await training.getRun(runId, { signal: io.signal });
      const weights = checkpoint ?? modelOf(runId, run, best);
      const dataset = spec?.dataset;
      const epsilon = given.evalEpsilon ?? spec?.objective?.attack?.epsilon;
      const settings = resolveSettings({ dataset: dataset?.name, ...given, evalEpsilon: epsilon });
      const attack = evaluationAttack(settings);
      const evaluation = await evaluate(training, io, {
        ...(dataset && { dataset }),
        ...(spec?.model && { model: spec.model }),
        checkpoint: weights,
        attack,
        ...(autoAttack && { autoAttack: { epsilon: attack.epsilon! } }),
        seed: BigInt(seed),
        examples: given.evalExamples ?? 0,
      });
      if (globals.json) printJson(io, EvaluationSchema, evaluation);
      else io.out(evaluationText(evaluation));
    });
  });
}

function modelOf(runId: string, run: Pick<Run, 'best' | 'checkpoint'>, best = false): CheckpointArgument {
  const checkpoint = best ? run.best?.checkpoint : run.checkpoint;
  if (checkpoint) return checkpoint;
  throw new CliError(
    best
      ? `run ${runId} has no best model: it has measured none on held-out examples; leave --best out`
      : `run ${runId} has no model yet; wait for it, or give --checkpoint`,
  );
}

async function evaluate(training: TrainingClient, io: CliIo, request: Request): Promise<Evaluation> {
  const show = workProgress(io);
  let evaluation: Evaluation | undefined;
  for await (const part of training.evaluateModel(request, { signal: io.signal })) {
    if (part.case === 'evaluation') evaluation = part.value;
    else {
      const { phase, done, total, standing } = part.value;
      show(phase || 'evaluate', done, total, phase && `, ${standing} examples stand`);
    }
  }
  if (evaluation === undefined) throw new CliError('the training service sent no result; try again');
  return evaluation;
}
