import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import { RunSchema } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { ScorerDescription } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type {
  ScoreDatasetRequest,
  ScoringService,
  SelectSubsetRequest,
  WatchIndexSetsRequest,
} from '../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { AppError, invalidField } from '../app-error.ts';
import { inspectDataset } from '../dataset/load.ts';
import type { IndexSetHistory } from '../index-set/history.ts';
import { readOutcome } from '../index-set/read-outcome.ts';
import type { Bus } from '../platform/bus/connection.ts';
import { openStore } from '../platform/bus/key-value.ts';
import { RUN_BUCKET } from '../platform/bus/streams.ts';
import type { CallContext } from '../platform/rpc/call-context.ts';
import type { ServiceImpl } from '../platform/rpc/service-impl.ts';
import { withProgress } from '../platform/thread/with-progress.ts';
import type { WorkThread } from '../platform/thread/work-thread.ts';
import { resolveParameters } from '../selection/registry.ts';
import { renameField } from '../spec/rename-field.ts';
import { findScorer, resolveSelection } from '../spec/selection.ts';
import type { DatasetLabels } from './dataset-labels.ts';
import { explainExamples } from './explain-examples.ts';
import { fallBack } from './external-scorers/fall-back.ts';
import type { ScorerRegistry } from './external-scorers/scorer-registry.ts';
import { scorerRpcs } from './external-scorers/scorer-rpcs.ts';
import { getExamples } from './get-examples.ts';
import { measureSelection } from './measure-selection.ts';
import { PublishedRounds } from './published-rounds.ts';
import { type ResolvedTarget, resolveTarget } from './resolve-target.ts';
import type { ScoreProgress } from './score-messages.ts';
import type { Scorer } from './scorer.ts';
import { type SignalsDependencies, selectFromSignals } from './select-from-signals.ts';

/** Scores per message: about 36 KB, far below any message limit. */
const SCORES_PER_MESSAGE = 4096;

/** What the service works with. */
export interface ScoringDependencies {
  readonly bus: Bus;
  readonly scorer: Scorer;
  /** The scorers that run as services. */
  readonly services: ScorerRegistry;
  readonly history: IndexSetHistory;
  readonly labels: DatasetLabels;
  /** Reads data sets to show, apart from the thread that scores. */
  readonly reading: Pick<WorkThread, 'run'>;
  readonly dataRoot: string;
  /** Selects from signals, within this memory. */
  readonly signals: Pick<SignalsDependencies, 'thread' | 'memory' | 'external'>;
}

const progressPart = (progress: ScoreProgress) => ({ part: { case: 'progress' as const, value: progress } });

function parametersOf(
  { scorer, parameters }: ScoreDatasetRequest,
  services: readonly ScorerDescription[],
): Record<string, number> {
  try {
    return Object.fromEntries(resolveParameters(findScorer(scorer, services), parameters));
  } catch (error) {
    // this request has the two at its top
    throw renameField(renameField(error, 'selection.scorer', 'scorer'), 'selection.parameters', 'parameters');
  }
}

async function checkDataset({ dataset }: ResolvedTarget, dataRoot: string): Promise<void> {
  try {
    await inspectDataset(dataset, dataRoot);
  } catch (error) {
    throw renameField(error, 'dataset', 'target.dataset');
  }
}

/** The wire side of the scoring service: checks requests, shapes answers. */
export function scoringService({
  scorer,
  services,
  history,
  labels,
  reading,
  bus,
  dataRoot,
  signals,
}: ScoringDependencies): ServiceImpl<typeof ScoringService> {
  async function* scoreDataset(request: ScoreDatasetRequest, { signal }: CallContext) {
    const target = resolveTarget(request.target, request.attack, 'attack');
    const parameters = parametersOf(request, await services.describedFor(request.scorer));
    await checkDataset(target, dataRoot);
    const work = withProgress<ScoreProgress, Awaited<ReturnType<Scorer['score']>>>((onProgress) =>
      scorer.score(target, request.scorer, parameters, { signal, onProgress }),
    );
    for await (const progress of work.progress) yield progressPart(progress);
    const { scores, dataset, cost } = await work.result;
    for (let first = 0; first < scores.length; first += SCORES_PER_MESSAGE) {
      const chunk = [...scores.subarray(first, first + SCORES_PER_MESSAGE)];
      yield { part: { case: 'scores' as const, value: { firstIndex: first, scores: chunk } } };
    }
    yield { part: { case: 'summary' as const, value: { dataset, cost } } };
  }

  async function* selectSubset(request: SelectSubsetRequest, { signal }: CallContext) {
    const target = resolveTarget(request.target, request.selection?.attack, 'selection.attack');
    const described = await services.describedFor(request.selection?.scorer);
    const selection = resolveSelection(request.selection, 'selection', described);
    await checkDataset(target, dataRoot);
    const asked = { target, selection, purpose: { runId: '', round: 0 } };
    const work = withProgress<ScoreProgress, IndexSet>((onProgress) => {
      const follow = { signal, onProgress };
      return measureSelection(selection.scorer, signal, () =>
        scorer.select(target, selection, asked.purpose, follow).then(
          ({ set }) => set,
          (error: unknown) => fallBack(error, asked, { scorer }, follow),
        ),
      );
    });
    for await (const progress of work.progress) yield progressPart(progress);
    yield { part: { case: 'indexSet' as const, value: await work.result } };
  }

  async function* watchIndexSets({ runId, fromRound }: WatchIndexSetsRequest, { signal }: CallContext) {
    if (!runId) throw invalidField('run_id', 'is missing');
    for await (const finished of history.follow(runId, signal)) {
      if (finished.round < fromRound || finished.outcome.case === 'failure') continue;
      yield { indexSet: await readOutcome(bus, finished, signal) };
    }
  }

  const runs = openStore(bus, RUN_BUCKET, RunSchema);
  const rounds = new PublishedRounds(bus, history, runs);
  return {
    ...scorerRpcs(services),
    scoreDataset,
    selectSubset,
    selectFromSignals: (requests, context) => selectFromSignals(requests, { ...signals, rounds, services }, context),
    getIndexSet: async ({ runId, round }, { signal }) => {
      if (!runId) throw invalidField('run_id', 'is missing');
      const finished = await history.find(runId, round, signal);
      if (!finished) {
        const which = round === undefined ? 'no index set' : `no index set of round ${round}`;
        throw new AppError(ErrorReason.UNKNOWN_INDEX_SET, `run '${runId}' has ${which}; ListRuns shows the runs`);
      }
      return { indexSet: await readOutcome(bus, finished, signal) };
    },
    explainExamples: (request, { signal }) => explainExamples(request, { bus, history, labels, runs }, signal),
    getExamples: (request, { signal }) => getExamples(request, reading, signal),
    watchIndexSets,
  };
}
