import { fromJson, toJson } from '@bufbuild/protobuf';
import { type Evaluation, EvaluationSchema } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { loadDataset } from '../dataset/load.ts';
import { modelForDataset } from '../dataset/tensor-batch.ts';
import { checkSettings } from '../numerics/evaluation/autoattack-state.ts';
import { checkMasking } from '../numerics/evaluation/check-masking.ts';
import { loadCheckpoint } from '../numerics/models/load-checkpoint.ts';
import type { Model } from '../numerics/models/model.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import { attackName } from '../spec/attack.ts';
import { renameField } from '../spec/rename-field.ts';
import { attackOf } from './evaluate.ts';
import { evaluationKey } from './evaluation-key.ts';
import type { EvaluationRecord } from './evaluation-record.ts';
import { evaluationResult } from './evaluation-result.ts';
import { exampleSource, firstExamples } from './example-source.ts';
import type { EvaluateProgress, EvaluateQuestion, EvaluateRequest } from './run-messages.ts';
import { type EvaluationCallbacks, type EvaluationTarget, StagedEvaluation } from './staged-evaluation.ts';

/** Before anything is attacked, since AutoAttack itself may begin hours later. */
function checkAutoAttack({ autoAttack }: EvaluateRequest, { model, source }: EvaluationTarget): void {
  if (!autoAttack) return;
  try {
    checkSettings({ epsilon: autoAttack.epsilon, examples: source.size, classes: model.classes });
  } catch (error) {
    throw renameField(error, 'classes', 'auto_attack');
  }
}

/** PGD, the checks of its gradients, then AutoAttack, as far as they are asked for. */
async function attackAll(
  { attack, autoAttack }: EvaluateRequest,
  { source }: EvaluationTarget,
  work: StagedEvaluation,
) {
  const pgd = attack && (await work.pgd(attackOf(attack), attackName(attack)));
  const warnings =
    attack && pgd ? await checkMasking(attackOf(attack), pgd, source, (...check) => work.check(...check)) : [];
  const found = autoAttack && (await work.autoAttack(autoAttack.epsilon));
  return evaluationResult({
    examples: source.size,
    seconds: work.seconds(),
    ...(attack && pgd && { pgd: { ...pgd, attack, warnings } }),
    ...(found && { autoAttack: { ...found, seconds: work.seconds(['autoAttack']) } }),
  });
}

/** Measures a model, its data loaded; see evaluateCheckpoint. */
export async function evaluateLoaded(
  request: EvaluateRequest,
  model: Model,
  dataset: Dataset,
  context: WorkContext,
): Promise<Evaluation> {
  const examples = firstExamples(dataset.test, request.examples, dataset);
  const target = { model, source: exampleSource(dataset, examples), seed: request.seed };
  checkAutoAttack(request, target);
  const { height, width, channels } = dataset;
  const key = evaluationKey(request, examples, { height, width, channels, classes: model.classes });
  const known = (await context.ask({ type: 'recall', key } satisfies EvaluateQuestion)) as EvaluationRecord | undefined;
  if (known && 'result' in known) return fromJson(EvaluationSchema, known.result);
  const tell = (progress: EvaluateProgress) => context.progress(progress);
  const callbacks: EvaluationCallbacks = {
    onProgress: (progress) => tell({ type: 'progress', progress }),
    onStages: (stages) => tell({ type: 'remember', key, record: { stages } }),
  };
  const work = new StagedEvaluation(target, context, callbacks, known?.stages);
  const evaluation = await attackAll(request, target, work);
  tell({ type: 'remember', key, record: { result: toJson(EvaluationSchema, evaluation) } });
  return evaluation;
}

/**
 * Measures a checkpoint in the worker thread, from where an earlier evaluation of the same was; a finished one gives its
 * result again. Errors: those of data set, model and checkpoint; INVALID_FIELD (auto_attack), CANCELLED.
 */
export async function evaluateCheckpoint(
  request: EvaluateRequest,
  dataRoot: string,
  context: WorkContext,
): Promise<Evaluation> {
  const dataset = await loadDataset(request.dataset, dataRoot);
  const model = modelForDataset(dataset, request.model, 0n);
  try {
    loadCheckpoint(model, request.checkpoint);
    return await evaluateLoaded(request, model, dataset, context);
  } finally {
    model.dispose();
  }
}
