import { randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { type Evaluation, type Run, RunSchema, RunState } from '../../proto/gen/winnow/v1/run_pb.ts';
import type {
  DownloadModelRequest,
  EvaluateModelRequest,
  ListRunsRequest,
  TrainingService,
  WatchRunRequest,
} from '../../proto/gen/winnow/v1/training_service_pb.ts';
import { AppError, invalidField } from '../app-error.ts';
import { inspectDataset } from '../dataset/load.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { getObject } from '../platform/bus/objects.ts';
import { CHECKPOINT_BUCKET } from '../platform/bus/streams.ts';
import type { CallContext } from '../platform/rpc/call-context.ts';
import type { ServiceImpl } from '../platform/rpc/service-impl.ts';
import { withProgress } from '../platform/thread/with-progress.ts';
import type { WorkThread } from '../platform/thread/work-thread.ts';
import { resolveEvaluationAttack } from '../spec/attack.ts';
import { resolveCheckpoint } from '../spec/checkpoint.ts';
import { resolveModel } from '../spec/model.ts';
import { renameField } from '../spec/rename-field.ts';
import { resolveRun } from '../spec/run.ts';
import type { RunExecutor } from './run-executor.ts';
import type { EvaluateProgress, EvaluateRequest } from './run-messages.ts';
import { hasEnded, type RunRecords } from './run-records.ts';

/** Bytes per message of a model download; DownloadModelResponse promises at most this. */
const DOWNLOAD_CHUNK_BYTES = 256 * 1024;

const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1000;

/** What the service works with. */
export interface TrainingDependencies {
  readonly bus: Bus;
  readonly records: RunRecords;
  readonly executor: RunExecutor;
  /** A thread of its own, so that an evaluation does not wait for a run. */
  readonly evaluationThread: WorkThread;
  readonly dataRoot: string;
}

/** Error fields speak of `dataset`; in a RunSpec that is `spec.dataset`. */
async function checkDataset(spec: Run['spec'], dataRoot: string): Promise<void> {
  try {
    await inspectDataset(spec!.dataset!, dataRoot);
  } catch (error) {
    throw renameField(error, 'dataset', 'spec.dataset');
  }
}

function page(runs: Run[], { pageSize, pageToken }: ListRunsRequest) {
  if (pageSize > MAX_PAGE_SIZE) throw invalidField('page_size', `${pageSize} is not in [1, ${MAX_PAGE_SIZE}]`);
  const size = pageSize || DEFAULT_PAGE_SIZE;
  const start = pageToken ? runs.findIndex(({ id }) => id === pageToken) + 1 : 0;
  if (pageToken && start === 0) throw invalidField('page_token', 'is not from an earlier answer');
  const shown = runs.slice(start, start + size);
  const nextPageToken = start + size < runs.length ? shown[shown.length - 1].id : '';
  return { runs: shown.map((run) => ({ ...run, history: [] })), nextPageToken };
}

/** The wire side of the training service: checks requests, shapes answers. */
export function trainingService(dependencies: TrainingDependencies): ServiceImpl<typeof TrainingService> {
  const { bus, records, executor, evaluationThread, dataRoot } = dependencies;

  async function* watchRun({ runId }: WatchRunRequest, { signal }: CallContext) {
    for await (const event of records.watch(runId, signal)) yield { event };
  }

  async function* evaluateModel(request: EvaluateModelRequest, { signal }: CallContext) {
    if (!request.dataset) throw invalidField('dataset', 'is missing; give its name');
    const { sha256 } = resolveCheckpoint(request.checkpoint, 'checkpoint');
    const { dataset, seed, examples } = request;
    const model = resolveModel(request.model, 'model');
    const attack = resolveEvaluationAttack(request.attack, 'attack');
    await inspectDataset(dataset!, dataRoot);
    const checkpoint = await getObject(bus, CHECKPOINT_BUCKET, sha256, { sha256, signal });
    const work: EvaluateRequest = { dataset: dataset!, model, checkpoint, attack, seed, examples };
    const { progress, result } = withProgress<EvaluateProgress, Evaluation>((tell) =>
      evaluationThread.run<Evaluation>('evaluate', work, {
        signal,
        onProgress: (value) => tell(value as EvaluateProgress),
      }),
    );
    for await (const value of progress) yield { part: { case: 'progress' as const, value } };
    yield { part: { case: 'evaluation' as const, value: await result } };
  }

  async function* downloadModel({ runId }: DownloadModelRequest, { signal }: CallContext) {
    const run = records.get(runId);
    const { checkpoint } = run;
    if (!checkpoint) {
      const why = hasEnded(run) ? 'ended without a model; create it again' : 'has no model yet; wait for it to succeed';
      throw new AppError(ErrorReason.WRONG_STATE, `run '${runId}' ${why}`);
    }
    const { sha256 } = checkpoint;
    const file = await getObject(bus, CHECKPOINT_BUCKET, sha256, { sha256, signal });
    for (let start = 0; start < file.length; start += DOWNLOAD_CHUNK_BYTES) {
      const data = file.subarray(start, start + DOWNLOAD_CHUNK_BYTES);
      yield start === 0 ? { checkpoint, data } : { data };
    }
  }

  return {
    createRun: async ({ spec }) => {
      const resolved = resolveRun(spec);
      await checkDataset(resolved, dataRoot);
      const id = randomBytes(8).toString('hex');
      const run = create(RunSchema, { id, spec: resolved, state: RunState.QUEUED, createdAt: timestampNow() });
      executor.enqueue(run);
      return { run };
    },
    getRun: async ({ runId }) => ({ run: records.get(runId) }),
    listRuns: async (request) => page(records.list(), request),
    watchRun,
    cancelRun: async ({ runId }) => {
      executor.cancel(runId);
      return { run: records.get(runId) };
    },
    evaluateModel,
    downloadModel,
  };
}
