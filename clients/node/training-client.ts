import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CheckpointRef } from '../../proto/gen/winnow/v1/model_pb.ts';
import type { Run, RunSpecSchema } from '../../proto/gen/winnow/v1/run_pb.ts';
import {
  type EvaluateModelRequestSchema,
  type EvaluateModelResponse,
  TrainingService,
  type UploadedModelSchema,
  type WatchRunResponse,
} from '../../proto/gen/winnow/v1/training_service_pb.ts';
import {
  type CallOptions,
  type ChannelSecurity,
  createClient,
  openChannel,
} from '../../services/platform/rpc/client.ts';
import { CREATE_TIMEOUT_MS, DOWNLOAD_TIMEOUT_MS, READ_TIMEOUT_MS, UPLOAD_TIMEOUT_MS } from './deadlines.ts';
import { joinDownload } from './join-download.ts';
import { present } from './present.ts';
import { restartPolicy, withReopening, withRetries } from './retry.ts';
import { uploadRequests } from './upload-requests.ts';

/** Something that happened in a run: its state, or progress within an epoch. */
export type RunEvent = Exclude<WatchRunResponse['event'], { case: undefined }>;
/** Progress of an evaluation, then its result. */
export type EvaluationPart = Exclude<EvaluateModelResponse['part'], { case: undefined }>;

/** Which of a run's models to download, and how to call. */
export interface DownloadOptions extends CallOptions {
  /** The best model on held-out examples rather than the newest one. */
  readonly best?: boolean | undefined;
}

/**
 * A client of the training service. Calls throw an RpcError. Reads are tried again while the service is unavailable;
 * CreateRun never is, since it may have arrived. Every call takes a signal that cancels it and a timeout.
 */
export interface TrainingClient {
  readonly address: string;
  /** Creates a run and queues it. */
  createRun(spec: MessageInitShape<typeof RunSpecSchema>, options?: CallOptions): Promise<Run>;
  getRun(runId: string, options?: CallOptions): Promise<Run>;
  /** All runs, newest first, without their histories; pages are fetched as they are read. */
  listRuns(options?: CallOptions): AsyncIterable<Run>;
  /** What happens in a run, from its present state to its end; goes on by itself after the service was restarted. */
  watchRun(runId: string, options?: CallOptions): AsyncIterable<RunEvent>;
  /** Cancels a run; changes nothing where it has ended. */
  cancelRun(runId: string, options?: CallOptions): Promise<Run>;
  /**
   * A checkpoint's accuracy, clean and under attack: progress, then the result. Asks again where the service was
   * restarted, and so goes on where the evaluation was.
   */
  evaluateModel(
    request: MessageInitShape<typeof EvaluateModelRequestSchema>,
    options?: CallOptions,
  ): AsyncIterable<EvaluationPart>;
  /**
   * A run's newest model, or its best, as the bytes of a safetensors file; size and SHA-256 are checked
   * (CORRUPT_CHECKPOINT). WRONG_STATE where the run has none.
   */
  downloadModel(runId: string, options?: DownloadOptions): Promise<Uint8Array>;
  /**
   * Stores the weights of a model of a known architecture, a safetensors file with PyTorch's names and layouts, for
   * evaluateModel and the scoring service; the same file gives the same.
   */
  uploadModel(
    model: MessageInitShape<typeof UploadedModelSchema>,
    file: Uint8Array,
    options?: CallOptions,
  ): Promise<CheckpointRef>;
  /** Waits until the service can be reached; throws UNAVAILABLE after `timeoutMs`. */
  waitForReady(timeoutMs: number): Promise<void>;
  close(): void;
}

/** Opens a client of the training service at `host:port`; it connects at the first call. */
export function connectTraining(address: string, security: ChannelSecurity = {}): TrainingClient {
  const channel = openChannel(address, security);
  const rpc = createClient(TrainingService, channel);
  const read = <T>(call: (options: CallOptions) => Promise<T>, options: CallOptions = {}) =>
    withRetries(call, { timeoutMs: READ_TIMEOUT_MS, ...options });
  const page = (pageToken: string, options?: CallOptions) => read((o) => rpc.listRuns({ pageToken }, o), options);

  return {
    address,
    createRun: async (spec, options) =>
      present((await rpc.createRun({ spec }, { timeoutMs: CREATE_TIMEOUT_MS, ...options })).run, 'run'),
    getRun: async (runId, options) => present((await read((o) => rpc.getRun({ runId }, o), options)).run, 'run'),
    async *listRuns(options) {
      for (let token = ''; ; ) {
        const { runs, nextPageToken } = await page(token, options);
        yield* runs;
        if (nextPageToken === '') return;
        token = nextPageToken;
      }
    },
    async *watchRun(runId, options = {}) {
      for await (const { event } of withReopening((o) => rpc.watchRun({ runId }, o), options)) {
        if (event.case !== undefined) yield event;
      }
    },
    cancelRun: async (runId, options) => present((await read((o) => rpc.cancelRun({ runId }, o), options)).run, 'run'),
    async *evaluateModel(request, options = {}) {
      const parts = withReopening((o) => rpc.evaluateModel(request, o), options, restartPolicy);
      for await (const { part } of parts) if (part.case !== undefined) yield part;
    },
    uploadModel: async (model, file, options) => {
      const upload = (o: CallOptions) => rpc.uploadModel(uploadRequests(model, file), o);
      const { checkpoint } = await withRetries(upload, { timeoutMs: UPLOAD_TIMEOUT_MS, ...options });
      return present(checkpoint, 'checkpoint');
    },
    downloadModel: (runId, { best = false, ...options } = {}) =>
      withRetries((o) => joinDownload(rpc.downloadModel({ runId, best }, o)), {
        timeoutMs: DOWNLOAD_TIMEOUT_MS,
        ...options,
      }),
    waitForReady: (timeoutMs) => channel.waitForReady(timeoutMs),
    close: () => channel.close(),
  };
}
