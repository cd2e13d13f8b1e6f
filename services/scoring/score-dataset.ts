import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError, invalidField } from '../app-error.ts';
import { type Dataset, splitSize } from '../dataset/dataset.ts';
import { datasetInfo } from '../dataset/dataset-info.ts';
import { randomStream } from '../dataset/random.ts';
import { DeviceMatMul } from '../numerics/mat-mul.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import { extendHistory, type SelectionHistory } from '../selection/history.ts';
import { findSelector, keepCount, resolveParameters } from '../selection/registry.ts';
import type { Selector, SelectorInput } from '../selection/selector.ts';
import { costOf, type Measured, measureTarget } from './measure-target.ts';
import type {
  ScoreProgress,
  ScoreRequest,
  ScoreResult,
  SelectRequest,
  SelectResult,
  Target,
} from './score-messages.ts';
import { secondsSince } from './seconds-since.ts';
import { subsetQuality } from './subset-quality.ts';

/** How a selector is to choose. */
interface Choice {
  readonly k: number;
  readonly parameters: Readonly<Record<string, number>>;
  readonly classFloor: number;
  readonly history?: SelectionHistory | undefined;
}

/** A selector's input; whoever made `matMul` frees it. */
export function inputOf(
  { signals, validation }: Pick<Measured, 'signals' | 'validation'>,
  target: Pick<Target, 'objective' | 'seed'>,
  selector: Selector,
  choice: Choice,
  matMul: DeviceMatMul,
  context: WorkContext,
): SelectorInput {
  const { kind, beta = 0, lambda = 0 } = target.objective;
  const random = randomStream(target.seed, 'selection');
  return {
    signals,
    validation,
    history: choice.history,
    objective: { kind, beta, lambda },
    k: choice.k,
    parameters: resolveParameters(selector, choice.parameters),
    random: () => random.float(),
    classFloor: choice.classFloor,
    matMul: matMul.multiply,
    onProgress: (done, total) => {
      context.throwIfStopped();
      context.progress({ phase: 'select', done, total } satisfies ScoreProgress);
    },
  };
}

/** INVALID_INDEX_SET where the data set is not the one that was asked about. */
export function checkFingerprint({ name, fingerprint }: Dataset, expected: string | undefined): void {
  if (expected === undefined || fingerprint === expected) return;
  throw new AppError(
    ErrorReason.INVALID_INDEX_SET,
    `the scoring service's data set '${name}' differs from the trainer's; give both the same files`,
  );
}

/** Selects a subset of a data set under attack. INVALID_INDEX_SET where the data set is not the one that was asked about. */
export async function selectSubset(
  dataset: Dataset,
  request: SelectRequest,
  context: WorkContext,
): Promise<SelectResult> {
  const started = performance.now();
  const { target, selection, expectedFingerprint, previous } = request;
  checkFingerprint(dataset, expectedFingerprint);
  const selector = findSelector(selection.scorer);
  const k = keepCount(selection.fraction, splitSize(dataset.train));
  const measured = await measureTarget(dataset, target, selector, context, request.trainingSignals, request.gathered);
  context.throwIfStopped();
  const matMul = new DeviceMatMul();
  const choice = { ...selection, k, ...(selector.readsHistory && { history: request.history }) };
  const input = inputOf(measured, target, selector, choice, matMul, context);
  const subset = await selector.select(input).finally(() => matMul.dispose());
  const { indices, weights, scores } = subset;
  return {
    indices,
    ...(weights && { weights }),
    scorerVersion: selector.version,
    quality: subsetQuality(subset, dataset.train.labels, dataset.classNames.length, previous),
    ...(scores && { scores: { values: scores, meaning: selector.scoreMeaning } }),
    ...(selector.readsHistory && { history: extendHistory(input.signals, input.history) }),
    ...(measured.ignoredSignals !== undefined && { ignoredSignals: measured.ignoredSignals }),
    dataset: datasetInfo(dataset),
    cost: costOf(measured, secondsSince(started)),
  };
}

/** Scores every example of a data set under attack. INVALID_FIELD for a scorer that makes sets, not scores. */
export async function scoreDataset(
  dataset: Dataset,
  request: ScoreRequest,
  context: WorkContext,
): Promise<ScoreResult> {
  const started = performance.now();
  const selector = findSelector(request.scorer);
  if (!selector.scores) throw invalidField('scorer', `'${selector.name}' makes sets, not scores; call SelectSubset`);
  const measured = await measureTarget(dataset, request.target, selector, context);
  const matMul = new DeviceMatMul();
  const choice = { k: splitSize(dataset.train), parameters: request.parameters, classFloor: 0 };
  const scores = selector.scores(inputOf(measured, request.target, selector, choice, matMul, context));
  return { scores, dataset: datasetInfo(dataset), cost: costOf(measured, secondsSince(started)) };
}
