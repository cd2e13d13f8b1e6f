import type { MessageInitShape } from '@bufbuild/protobuf';
import { Command, Option } from '@commander-js/extra-typings';
import { type Evaluation, EvaluationSchema, type Run } from '../../../proto/gen/winnow/v1/run_pb.ts';
import type { EvaluateModelRequestSchema } from '../../../proto/gen/winnow/v1/training_service_pb.ts';
import type { TrainingClient } from '../../node/training-client.ts';
import { type CheckpointArgument, checkpointArgument } from '../args/checkpoint.ts';
import { type ModelFileOptions, readModelFile, uploadedModel, withModelFileOptions } from '../args/model-file.ts';
import { wholeIn } from '../args/numbers.ts';
import { resolveSettings } from '../args/resolve-settings.ts';
import type { GivenSettings } from '../args/run-settings.ts';
import { evaluationAttack } from '../args/run-spec.ts';
import { withEvaluationOptions } from '../args/setting-options.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { globalOptions, withTraining } from '../connections.ts';
import { evaluationText } from '../output/evaluation-text.ts';
import { printJson } from '../output/print-json.ts';
import { workProgress } from '../progress/work-progress.ts';

type Request = MessageInitShape<typeof EvaluateModelRequestSchema>;

/** `winnow evaluate`: accuracy of a run's model, or of one in a file, clean and under attack. */
export function evaluateCommand(io: CliIo) {
  const command = new Command('evaluate')
    .description("measure the accuracy of a run's model, or of one in a file, on test examples")
    .option('--run <id>', 'the run; its data set and architecture are used')
    .option('--checkpoint <sha256:bytes>', "other weights than the run's newest", checkpointArgument)
    .addOption(new Option('--best', "the run's best model on held-out examples").conflicts('checkpoint'))
    .addOption(
      new Option('--weights <file>', 'a safetensors file to upload and measure').conflicts(['checkpoint', 'best']),
    )
    .option('--dataset <name>', 'the data set, where no run is given')
    .option('--auto-attack', 'AutoAttack, too, within the same radius: slow; the same command again goes on with it')
    .option('--seed <n>', 'seed of the attacks', wholeIn({}), 1);
  return withEvaluationOptions(withModelFileOptions(command)).action(async (options, self) => {
    const globals = globalOptions(self);
    await withTraining(globals, async (training) => {
      const evaluation = await evaluate(training, io, await requestOf(options, training, io));
      if (globals.json) printJson(io, EvaluationSchema, evaluation);
      else io.out(evaluationText(evaluation));
    });
  });
}

interface EvaluateOptions extends ModelFileOptions, Pick<GivenSettings, 'evalEpsilon' | 'evalExamples'> {
  readonly run?: string | undefined;
  readonly checkpoint?: CheckpointArgument | undefined;
  readonly best?: true | undefined;
  readonly weights?: string | undefined;
  readonly dataset?: string | undefined;
  readonly autoAttack?: true | undefined;
  readonly seed: number;
}

async function requestOf(options: EvaluateOptions, training: TrainingClient, io: CliIo): Promise<Request> {
  const { run: runId, autoAttack, seed } = options;
  const run = runId === undefined ? undefined : await training.getRun(runId, { signal: io.signal });
  const { model, checkpoint } = await modelOf(options, run, training, io);
  const dataset = options.dataset === undefined ? run?.spec?.dataset : { name: options.dataset };
  if (!dataset) throw new CliError('give the data set to measure on: --dataset, or --run');
  const evalEpsilon = options.evalEpsilon ?? run?.spec?.objective?.attack?.epsilon;
  const attack = evaluationAttack(
    resolveSettings({ ...evaluationOptions(options), dataset: dataset.name, evalEpsilon }),
  );
  return {
    dataset,
    model,
    checkpoint,
    attack,
    ...(autoAttack && { autoAttack: { epsilon: attack.epsilon! } }),
    seed: BigInt(seed),
    examples: options.evalExamples ?? 0,
  };
}

/** Those of the options that are settings of the attack. */
function evaluationOptions(options: GivenSettings): GivenSettings {
  const { evalStepSize, evalSteps, evalRestarts, evalExamples } = options;
  return { evalStepSize, evalSteps, evalRestarts, evalExamples };
}

/** The architecture and its weights: those of a file, which is uploaded, or the run's. */
async function modelOf(
  options: EvaluateOptions,
  run: Run | undefined,
  training: TrainingClient,
  { signal, err }: CliIo,
): Promise<Required<Pick<Request, 'model' | 'checkpoint'>>> {
  const { weights, checkpoint } = options;
  if (weights !== undefined) {
    const uploaded = uploadedModel(options, run?.spec?.model);
    const stored = await training.uploadModel(uploaded, readModelFile(weights), { signal });
    err(`${weights} is stored as ${stored.sha256}:${stored.sizeBytes}`);
    return { model: uploaded.model, checkpoint: stored };
  }
  if (run) return { model: run.spec?.model ?? {}, checkpoint: checkpoint ?? checkpointOf(run, options.best) };
  if (checkpoint) return { model: uploadedModel(options).model, checkpoint };
  throw new CliError('say which model: --run, --weights, or --checkpoint with --architecture and --dataset');
}

function checkpointOf(run: Run, best = false): CheckpointArgument {
  const checkpoint = best ? run.best?.checkpoint : run.checkpoint;
  if (checkpoint) return checkpoint;
  throw new CliError(
    best
      ? `run ${run.id} has no best model: it has measured none on held-out examples; leave --best out`
      : `run ${run.id} has no model yet; wait for it, or give --checkpoint`,
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
