import type { MessageInitShape } from '@bufbuild/protobuf';
import type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import type { ScorerDescription } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import {
  type ExampleImage,
  type ExplainExamplesResponse,
  type GetExamplesRequestSchema,
  type ScoreDatasetRequestSchema,
  type ScoreDatasetResponse,
  type ScorerEndpoint,
  ScoringService,
  type SelectFromSignalsResponse,
  type SelectSubsetRequestSchema,
  type SelectSubsetResponse,
  type SignalsSettingSchema,
} from '../../proto/gen/winnow/v1/scoring_service_pb.ts';
import {
  type CallOptions,
  type ChannelSecurity,
  createClient,
  openChannel,
} from '../../services/platform/rpc/client.ts';
import { EXPLAIN_TIMEOUT_MS, READ_TIMEOUT_MS, SHOW_TIMEOUT_MS } from './deadlines.ts';
import { present } from './present.ts';
import { withRetries } from './retry.ts';
import { type SignalBatch, signalRequests } from './signal-requests.ts';
import { watchIndexSets } from './watch-index-sets.ts';

/** Progress, then scores, then a summary. */
export type ScoringPart = Exclude<ScoreDatasetResponse['part'], { case: undefined }>;
/** Progress, then the index set. */
export type SelectionPart = Exclude<SelectSubsetResponse['part'], { case: undefined }>;
/** Progress, then the index set. */
export type SignalsPart = Exclude<SelectFromSignalsResponse['part'], { case: undefined }>;

/**
 * A client of the scoring service. Calls throw an RpcError. Reads are tried again while the service is unavailable.
 * Every call takes a signal that cancels it and a timeout.
 */
export interface ScoringClient {
  readonly address: string;
  /** The scorers in alphabetical order. */
  listScorers(options?: CallOptions): Promise<ScorerDescription[]>;
  /** Attacks a data set and scores its examples, in index order. */
  scoreDataset(
    request: MessageInitShape<typeof ScoreDatasetRequestSchema>,
    options?: CallOptions,
  ): AsyncIterable<ScoringPart>;
  /** Attacks a data set and selects a subset. */
  selectSubset(
    request: MessageInitShape<typeof SelectSubsetRequestSchema>,
    options?: CallOptions,
  ): AsyncIterable<SelectionPart>;
  /**
   * Selects a subset of the caller's own examples from signals that it measured: progress, then the set. Batches are taken
   * as the service has room for them. Never tried again; with `runId` and `round`, calling again gives the set there is.
   */
  selectFromSignals(
    setting: MessageInitShape<typeof SignalsSettingSchema>,
    batches: Iterable<SignalBatch> | AsyncIterable<SignalBatch>,
    options?: CallOptions,
  ): AsyncIterable<SignalsPart>;
  /** Makes the scorer that runs as a service at `host:port` known; repeating it brings its description up to date. */
  registerScorer(address: string, options?: CallOptions): Promise<ScorerDescription>;
  /** Forgets a scorer that was registered; UNKNOWN_SCORER where there is none of the name. */
  unregisterScorer(name: string, options?: CallOptions): Promise<void>;
  /** The scorers that run as services, where they are and whether they are ready. */
  listScorerEndpoints(options?: CallOptions): Promise<ScorerEndpoint[]>;
  /** A published index set of a run, the newest without `round`. */
  getIndexSet(runId: string, round?: number, options?: CallOptions): Promise<IndexSet>;
  /** What each round of a run did with these examples, and why. */
  explainExamples(runId: string, indices: readonly number[], options?: CallOptions): Promise<ExplainExamplesResponse>;
  /** Training examples of a data set as images, in the order asked for. */
  getExamples(
    request: MessageInitShape<typeof GetExamplesRequestSchema>,
    options?: CallOptions,
  ): Promise<ExampleImage[]>;
  /** A run's index sets from `fromRound` on, each once, until the call is cancelled; goes on after a restart. */
  watchIndexSets(runId: string, fromRound?: number, options?: CallOptions): AsyncIterable<IndexSet>;
  /** Waits until the service can be reached; throws UNAVAILABLE after `timeoutMs`. */
  waitForReady(timeoutMs: number): Promise<void>;
  close(): void;
}

/** Opens a client of the scoring service at `host:port`; it connects at the first call. */
export function connectScoring(address: string, security: ChannelSecurity = {}): ScoringClient {
  const channel = openChannel(address, security);
  const rpc = createClient(ScoringService, channel);
  const read = <T>(call: (options: CallOptions) => Promise<T>, options: CallOptions = {}) =>
    withRetries(call, { timeoutMs: READ_TIMEOUT_MS, ...options });

  return {
    address,
    listScorers: async (options) => (await read((o) => rpc.listScorers({}, o), options)).scorers,
    async *scoreDataset(request, options) {
      for await (const { part } of rpc.scoreDataset(request, options)) if (part.case !== undefined) yield part;
    },
    async *selectSubset(request, options) {
      for await (const { part } of rpc.selectSubset(request, options)) if (part.case !== undefined) yield part;
    },
    async *selectFromSignals(setting, batches, options) {
      const requests = signalRequests(setting, batches);
      for await (const { part } of rpc.selectFromSignals(requests, options)) if (part.case !== undefined) yield part;
    },
    registerScorer: async (address, options) =>
      present((await read((o) => rpc.registerScorer({ address }, o), options)).scorer, 'scorer'),
    unregisterScorer: async (name, options) => {
      await rpc.unregisterScorer({ name }, { timeoutMs: READ_TIMEOUT_MS, ...options });
    },
    listScorerEndpoints: async (options) => (await read((o) => rpc.listScorers({}, o), options)).endpoints,
    async getIndexSet(runId, round, options) {
      const request = round === undefined ? { runId } : { runId, round };
      return present((await read((o) => rpc.getIndexSet(request, o), options)).indexSet, 'index_set');
    },
    explainExamples: (runId, indices, options) =>
      read((o) => rpc.explainExamples({ runId, indices: [...indices] }, o), {
        timeoutMs: EXPLAIN_TIMEOUT_MS,
        ...options,
      }),
    getExamples: async (request, options) =>
      (await read((o) => rpc.getExamples(request, o), { timeoutMs: SHOW_TIMEOUT_MS, ...options })).examples,
    watchIndexSets: (runId, fromRound = 0, options = {}) => watchIndexSets(rpc, { runId, fromRound }, options),
    waitForReady: (timeoutMs) => channel.waitForReady(timeoutMs),
    close: () => channel.close(),
  };
}
