import { create } from '@bufbuild/protobuf';
import { type Cost, CostSchema } from '../../proto/gen/winnow/v1/cost_pb.ts';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError, invalidField } from '../app-error.ts';
import { type Dataset, splitSize } from '../dataset/dataset.ts';
import { datasetInfo } from '../dataset/dataset-info.ts';
import { randomStream } from '../dataset/random.ts';
import { modelForDataset } from '../dataset/tensor-batch.ts';
import { DeviceMatMul } from '../numerics/mat-mul.ts';
import { loadCheckpoint } from '../numerics/models/load-checkpoint.ts';
import { PassCounter } from '../numerics/pass-counter.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import { effectiveSampleSize, jaccardOverlap, keptPerClass } from '../selection/quality.ts';
import { findSelector, keepCount, resolveParameters } from '../selection/registry.ts';
import { neededSignals, type Selector, type SelectorInput } from '../selection/selector.ts';
import { validateSignals } from '../selection/signals.ts';
import { measureDataset } from './measure-dataset.ts';
import type {
  ScoreProgress,
  ScoreRequest,
  ScoreResult,
  SelectRequest,
  SelectResult,
  Target,
} from './score-messages.ts';

interface Measured {
  readonly input: SelectorInput;
  readonly attackSeconds: number;
  readonly passes: PassCounter;
  readonly matMul: DeviceMatMul;
}

const seconds = (since: number) => (performance.now() - since) / 1000;

function costOf({ attackSeconds, passes }: Measured, totalSeconds: number): Cost {
  return create(CostSchema, {
    seconds: { attack: attackSeconds, scoring: totalSeconds - attackSeconds, total: totalSeconds },
    passes: { forward: BigInt(passes.forwardPasses), backward: BigInt(passes.backwardPasses) },
  });
}

async function measure(
  dataset: Dataset,
  target: Target,
  selector: Selector,
  settings: { k: number; parameters: Readonly<Record<string, number>>; classFloor: number },
  context: WorkContext,
): Promise<Measured> {
  const model = modelForDataset(dataset, target.model, target.seed);
  try {
    if (target.checkpoint) loadCheckpoint(model, target.checkpoint);
    const passes = new PassCounter();
    const matMul = new DeviceMatMul();
    const started = performance.now();
    const needed = neededSignals(selector, target.objective.kind);
    const signals = await measureDataset(dataset, model, target, needed, passes, context);
    validateSignals(signals, needed);
    const { kind, beta = 0, lambda = 0 } = target.objective;
    const random = randomStream(target.seed, 'selection');
    const input: SelectorInput = {
      signals,
      objective: { kind, beta, lambda },
      k: settings.k,
      parameters: resolveParameters(selector, settings.parameters),
      random: () => random.float(),
      classFloor: settings.classFloor,
      matMul: matMul.multiply,
      onProgress: (done, total) => {
        context.throwIfStopped();
        context.progress({ phase: 'select', done, total } satisfies ScoreProgress);
      },
    };
    return { input, attackSeconds: seconds(started), passes, matMul };
  } finally {
    model.dispose();
  }
}

/** Selects a subset of a data set under attack. INVALID_INDEX_SET where the data set is not the one that was asked about. */
export async function selectSubset(
  dataset: Dataset,
  request: SelectRequest,
  context: WorkContext,
): Promise<SelectResult> {
  const started = performance.now();
  const { target, selection, expectedFingerprint, previous } = request;
  if (expectedFingerprint !== undefined && dataset.fingerprint !== expectedFingerprint) {
    throw new AppError(
      ErrorReason.INVALID_INDEX_SET,
      `the scoring service's data set '${dataset.name}' differs from the trainer's; give both the same files`,
    );
  }
  const selector = findSelector(selection.scorer);
  const k = keepCount(selection.fraction, splitSize(dataset.train));
  const measured = await measure(dataset, target, selector, { ...selection, k }, context);
  context.throwIfStopped();
  const { indices, weights, residual } = await selector.select(measured.input).finally(() => measured.matMul.dispose());
  const { labels } = dataset.train;
  return {
    indices,
    ...(weights && { weights }),
    scorerVersion: selector.version,
    quality: {
      ...(residual !== undefined && { residual }),
      effectiveSampleSize: effectiveSampleSize(weights ?? new Float32Array(indices.length).fill(1)),
      ...(previous && { overlap: jaccardOverlap(previous, indices) }),
      keptPerClass: [...keptPerClass(indices, labels, dataset.classNames.length)],
    },
    dataset: datasetInfo(dataset),
    cost: costOf(measured, seconds(started)),
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
  const settings = { k: splitSize(dataset.train), parameters: request.parameters, classFloor: 0 };
  const measured = await measure(dataset, request.target, selector, settings, context);
  const scores = selector.scores(measured.input);
  return { scores, dataset: datasetInfo(dataset), cost: costOf(measured, seconds(started)) };
}
