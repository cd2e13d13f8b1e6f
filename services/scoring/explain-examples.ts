import type { MessageInitShape } from '@bufbuild/protobuf';
import type { DatasetSpec } from '../../proto/gen/winnow/v1/dataset_pb.ts';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { IndexSet } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import type { RunSchema } from '../../proto/gen/winnow/v1/run_pb.ts';
import type {
  ExampleRoundSchema,
  ExplainExamplesRequest,
  ExplainExamplesResponseSchema,
} from '../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { AppError, invalidField } from '../app-error.ts';
import { checkBelonging, readIndexSet } from '../index-set/check-index-set.ts';
import type { IndexSetHistory } from '../index-set/history.ts';
import { readOutcome } from '../index-set/read-outcome.ts';
import type { Bus } from '../platform/bus/connection.ts';
import type { Store } from '../platform/bus/key-value.ts';
import type { DatasetLabels } from './dataset-labels.ts';
import { RoundView } from './round-view.ts';
import type { LabelsResult } from './score-messages.ts';
import { readScores } from './stored-scores.ts';

const MOST_INDICES = 1000;

/** Examples times rounds in one answer: up to 40 bytes each, so that the answer stays below half of the largest message. */
const MOST_EXAMPLE_ROUNDS = 200_000;

/** What explaining works with. */
export interface ExplainDependencies {
  readonly bus: Bus;
  readonly history: IndexSetHistory;
  readonly labels: DatasetLabels;
  /** The runs' records, which say what data set a run is of. */
  readonly runs: Pick<Store<typeof RunSchema>, 'get'>;
}

type Explanation = MessageInitShape<typeof ExplainExamplesResponseSchema>;
type ExampleRound = MessageInitShape<typeof ExampleRoundSchema>;

/**
 * Answers ExplainExamples from a run's published sets and stored scores; rounds without a set are left out.
 * INVALID_FIELD (indices), UNKNOWN_INDEX_SET, UNKNOWN_RUN, INVALID_INDEX_SET, and as DatasetLabels.of.
 */
export async function explainExamples(
  { runId, indices }: ExplainExamplesRequest,
  dependencies: ExplainDependencies,
  signal: AbortSignal,
): Promise<Explanation> {
  checkIndices(runId, indices);
  const { bus, history } = dependencies;
  const newest = await history.find(runId, undefined, signal);
  if (!newest) throw noIndexSets(runId);
  checkRounds(indices.length, newest.round + 1);
  let dataset: LabelsResult | undefined;
  let [scorer, scoreMeaning] = ['', ''];
  const rounds: ExampleRound[][] = indices.map(() => []);
  for (let round = 0; round <= newest.round; round += 1) {
    const set = await setOf(runId, round, dependencies, signal);
    if (!set) continue;
    dataset ??= await labelsOf(runId, set.datasetFingerprint, dependencies, indices, signal);
    const { fingerprint, labels } = dataset;
    checkBelonging(set, { runId, round, datasetFingerprint: fingerprint, examples: labels.length });
    const scores = await readScores(bus, set.scores, labels.length, signal);
    const view = new RoundView(round, readIndexSet(set), dataset, scores);
    indices.forEach((index, i) => {
      rounds[i].push(view.of(index));
    });
    scorer = set.scorer;
    scoreMeaning = set.scores?.meaning || scoreMeaning;
  }
  if (!dataset) throw noIndexSets(runId);
  const { labels } = dataset;
  return {
    examples: indices.map((index, i) => ({ index, label: labels[index], rounds: rounds[i] })),
    scorer,
    scoreMeaning,
  };
}

function checkIndices(runId: string, indices: readonly number[]): void {
  if (!runId) throw invalidField('run_id', 'is missing');
  if (indices.length === 0) throw invalidField('indices', 'is empty; give the indices of training examples');
  if (indices.length > MOST_INDICES) {
    throw invalidField('indices', `${indices.length} are more than ${MOST_INDICES}; ask several times`);
  }
}

function checkRounds(indices: number, rounds: number): void {
  if (indices * rounds <= MOST_EXAMPLE_ROUNDS) return;
  const most = Math.max(1, Math.floor(MOST_EXAMPLE_ROUNDS / rounds));
  throw invalidField('indices', `${indices} are too many for a run of ${rounds} rounds; ask for ${most} at a time`);
}

function noIndexSets(runId: string): AppError {
  return new AppError(ErrorReason.UNKNOWN_INDEX_SET, `run '${runId}' has no index sets; ListRuns shows the runs`);
}

/** A round's set; undefined where the round failed, was never answered or is no longer kept. */
async function setOf(
  runId: string,
  round: number,
  { bus, history }: ExplainDependencies,
  signal: AbortSignal,
): Promise<IndexSet | undefined> {
  const finished = await history.find(runId, round, signal);
  if (!finished || finished.outcome.case === 'failure') return undefined;
  try {
    return await readOutcome(bus, finished, signal);
  } catch (error) {
    // a large set's bytes are kept apart and may be gone before its message
    if (error instanceof AppError && error.reason === ErrorReason.UNKNOWN_INDEX_SET) return undefined;
    throw error;
  }
}

async function datasetOf(runId: string, runs: ExplainDependencies['runs']): Promise<DatasetSpec> {
  const dataset = (await runs.get(runId))?.value.spec?.dataset;
  if (dataset) return dataset;
  throw new AppError(ErrorReason.UNKNOWN_RUN, `run '${runId}' is not on record, so its data set is not known`);
}

async function labelsOf(
  runId: string,
  fingerprint: string,
  { labels, runs }: ExplainDependencies,
  indices: readonly number[],
  signal: AbortSignal,
): Promise<LabelsResult> {
  const found = await labels.of(await datasetOf(runId, runs), fingerprint, signal);
  const examples = found.labels.length;
  const beyond = indices.findIndex((index) => index >= examples);
  if (beyond < 0) return found;
  throw invalidField(`indices[${beyond}]`, `${indices[beyond]} is not below ${examples}, the data set's examples`);
}
