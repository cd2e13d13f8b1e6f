import type { Evaluation } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { EvaluateModelRequest } from '../../proto/gen/winnow/v1/training_service_pb.ts';
import { cancelled, invalidField } from '../app-error.ts';
import { inspectDataset } from '../dataset/load.ts';
import { untilAborted } from '../platform/abortable.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { getObject } from '../platform/bus/objects.ts';
import { CHECKPOINT_BUCKET } from '../platform/bus/streams.ts';
import { withProgress } from '../platform/thread/with-progress.ts';
import type { WorkThread } from '../platform/thread/work-thread.ts';
import { resolveCheckpoint } from '../spec/checkpoint.ts';
import { resolveEvaluation } from '../spec/evaluation.ts';
import { resolveModel } from '../spec/model.ts';
import type { EvaluationRecord } from './evaluation-record.ts';
import type { EvaluationRecords } from './evaluation-records.ts';
import type { AttackProgress, EvaluateProgress, EvaluateQuestion, EvaluateRequest } from './run-messages.ts';

/** What an evaluation needs of its process. */
export interface EvaluationDependencies {
  readonly bus: Bus;
  /** A thread of its own, so that an evaluation does not wait for a run. */
  readonly evaluationThread: WorkThread;
  readonly evaluations: EvaluationRecords;
  readonly dataRoot: string;
}

/** An evaluation may wait for its record as long as the bus is away, but no longer than its caller does. */
async function recall(
  evaluations: EvaluationRecords,
  { key }: EvaluateQuestion,
  signal: AbortSignal,
): Promise<EvaluationRecord | undefined> {
  return untilAborted(evaluations.recall(key), signal).catch((error: unknown) => {
    throw signal.aborted ? cancelled() : error;
  });
}

/** EvaluateModel: checks the request, has the tensor thread do it, and keeps what it finds. */
export async function* evaluateModel(
  { bus, evaluationThread, evaluations, dataRoot }: EvaluationDependencies,
  request: EvaluateModelRequest,
  signal: AbortSignal,
) {
  const { dataset, seed, examples } = request;
  if (!dataset) throw invalidField('dataset', 'is missing; give its name');
  const { sha256 } = resolveCheckpoint(request.checkpoint, 'checkpoint');
  const model = resolveModel(request.model, 'model');
  const attacks = resolveEvaluation(request);
  await inspectDataset(dataset, dataRoot);
  const checkpoint = await getObject(bus, CHECKPOINT_BUCKET, sha256, { sha256, signal });
  const work: EvaluateRequest = { dataset, model, checkpoint, ...attacks, seed, examples };
  const { progress, result } = withProgress<AttackProgress, Evaluation>((tell) =>
    evaluationThread.run<Evaluation>('evaluate', work, {
      signal,
      onProgress: (value) => {
        const told = value as EvaluateProgress;
        if (told.type === 'progress') tell(told.progress);
        else evaluations.remember(told.key, told.record);
      },
      onAsk: (question) => recall(evaluations, question as EvaluateQuestion, signal),
    }),
  );
  for await (const value of progress) yield { part: { case: 'progress' as const, value } };
  yield { part: { case: 'evaluation' as const, value: await result } };
}
