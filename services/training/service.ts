import { randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { type Run, RunSchema, RunState } from '../../proto/gen/winnow/v1/run_pb.ts';
import type {
  DownloadModelRequest,
  ListRunsRequest,
  TrainingService,
  WatchRunRequest,
} from '../../proto/gen/winnow/v1/training_service_pb.ts';
import { AppError, invalidField } from '../app-error.ts';
import { inspectDataset } from '../dataset/load.ts';
import { getObject } from '../platform/bus/objects.ts';
import { CHECKPOINT_BUCKET } from '../platform/bus/streams.ts';
import type { CallContext } from '../platform/rpc/call-context.ts';
import type { ServiceImpl } from '../platform/rpc/service-impl.ts';
import { renameField } from '../spec/rename-field.ts';
import { resolveRun } from '../spec/run.ts';
import { type EvaluationDependencies, evaluateModel } from './evaluate-model.ts';
import { describedFor, type ScorerStore } from './known-scorers.ts';
import type { RunQueue } from './run-queue.ts';
import { hasEnded, type RunRecords } from './run-records.ts';
import { ModelUploads, type UploadDependencies } from './upload-model.ts';

/** Bytes per message of a model download; DownloadModelResponse promises at most this. */
const DOWNLOAD_CHUNK_BYTES = 256 * 1024;

const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1000;

/** What the service works with. */
export interface TrainingDependencies extends EvaluationDependencies, UploadDependencies {
  readonly scorers: ScorerStore;
  readonly records: RunRecords;
  readonly queue: RunQueue;
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

function whyNoModel(run: Run, best: boolean): string {
  if (best && !run.spec?.dataset?.validationExamples) {
    return 'held no examples out to choose a best model by; set dataset.validation_examples, or download its last model';
  }
  if (hasEnded(run)) return 'ended without a model; create it again';
  return `has no ${best ? 'best ' : ''}model yet; wait for it to succeed`;
}

/** The wire side of the training service: checks requests, shapes answers. */
export function trainingService(dependencies: TrainingDependencies): ServiceImpl<typeof TrainingService> {
  const { bus, records, queue, scorers, dataRoot } = dependencies;
  const uploads = new ModelUploads(dependencies);

  async function* watchRun({ runId }: WatchRunRequest, { signal }: CallContext) {
    await records.find(runId);
    for await (const event of records.watch(runId, signal)) yield { event };
  }

  async function* downloadModel({ runId, best }: DownloadModelRequest, { signal }: CallContext) {
    const run = await records.find(runId);
    const checkpoint = best ? run.best?.checkpoint : run.checkpoint;
    if (!checkpoint) throw new AppError(ErrorReason.WRONG_STATE, `run '${runId}' ${whyNoModel(run, best)}`);
    const { sha256 } = checkpoint;
    const file = await getObject(bus, CHECKPOINT_BUCKET, sha256, { sha256, signal });
    for (let start = 0; start < file.length; start += DOWNLOAD_CHUNK_BYTES) {
      const data = file.subarray(start, start + DOWNLOAD_CHUNK_BYTES);
      yield start === 0 ? { checkpoint, data } : { data };
    }
  }

  return {
    createRun: async ({ spec }, { signal }) => {
      const resolved = resolveRun(spec, await describedFor(scorers, spec?.selection?.scorer));
      await checkDataset(resolved, dataRoot);
      const id = randomBytes(8).toString('hex');
      const run = create(RunSchema, { id, spec: resolved, state: RunState.QUEUED, createdAt: timestampNow() });
      await queue.enqueue(run, signal);
      return { run };
    },
    getRun: async ({ runId }) => ({ run: await records.find(runId) }),
    listRuns: async (request) => page(records.list(), request),
    watchRun,
    cancelRun: async ({ runId }, { signal }) => ({ run: await queue.cancel(runId, signal) }),
    evaluateModel: (request, { signal }) => evaluateModel(dependencies, request, signal),
    uploadModel: (requests, context) => uploads.upload(requests, context),
    downloadModel,
  };
}
