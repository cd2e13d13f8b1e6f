import { create } from '@bufbuild/protobuf';
import { type Cost, CostSchema } from '../../proto/gen/winnow/v1/cost_pb.ts';
import type { Signal } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { AppError } from '../app-error.ts';
import { type Dataset, splitSize } from '../dataset/dataset.ts';
import { modelForDataset } from '../dataset/tensor-batch.ts';
import { loadCheckpoint } from '../numerics/models/load-checkpoint.ts';
import type { Model } from '../numerics/models/model.ts';
import { PassCounter } from '../numerics/pass-counter.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import { neededSignals, type Selector } from '../selection/selector.ts';
import { type ExampleSignals, validateSignals } from '../selection/signals.ts';
import { type MeasureOptions, measureDataset, toAttack } from './measure-dataset.ts';
import type { ScoreProgress, Target } from './score-messages.ts';
import { secondsSince } from './seconds-since.ts';
import { type GatheredSignals, holdsAll } from './shards/gathered-signals.ts';
import { type KnownSignals, readTrainingSignals } from './training-signals.ts';

/** What was measured for a selector, and what that took. */
export interface Measured {
  readonly signals: ExampleSignals;
  /** Signals of held-out examples, for a selector that reads them, where there are any. */
  readonly validation?: ExampleSignals;
  /** Why training's signals were not used, though they were given. */
  readonly ignoredSignals?: string;
  readonly seconds: number;
  /** Those of `seconds` that went by before, while other replicas measured. */
  readonly gatherSeconds?: number;
  readonly passes: PassCounter;
}

/** The cost of a piece of work that took `ownSeconds`, measuring included but for what was gathered before. */
export function costOf({ seconds, gatherSeconds = 0, passes }: Measured, ownSeconds: number): Cost {
  const totalSeconds = ownSeconds + gatherSeconds;
  return create(CostSchema, {
    seconds: { attack: seconds, scoring: totalSeconds - seconds, total: totalSeconds },
    passes: { forward: BigInt(passes.forwardPasses), backward: BigInt(passes.backwardPasses) },
  });
}

/** Training's signals, or why they can't be used: a selection goes on without them. */
function knownSignals(
  file: Uint8Array | undefined,
  { train, classNames }: Dataset,
  model: Model,
  needed: readonly Signal[],
): KnownSignals | string | undefined {
  if (file === undefined) return undefined;
  try {
    const shape = { classes: classNames.length, features: model.features, labels: train.labels };
    return readTrainingSignals(file, shape, needed);
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}

/**
 * Attacks a data set with a target's model and reads what a selector needs, of held-out examples too where it reads
 * them; examples that `trainingSignals` holds are not attacked, and no training example where what was gathered has all
 * that is needed. Tells its progress in phase 'attack'.
 * CANCELLED, CORRUPT_CHECKPOINT, DIVERGED.
 */
export async function measureTarget(
  dataset: Dataset,
  target: Target,
  selector: Pick<Selector, 'needs' | 'needsUnder' | 'readsValidation'>,
  context: WorkContext,
  trainingSignals?: Uint8Array,
  gathered?: GatheredSignals,
): Promise<Measured> {
  const model = modelForDataset(dataset, target.model, target.seed);
  try {
    if (target.checkpoint) loadCheckpoint(model, target.checkpoint);
    const started = performance.now();
    const passes = new PassCounter();
    const needed = neededSignals(selector, target.objective.kind);
    const known = knownSignals(trainingSignals, dataset, model, needed);
    const whole = gathered && holdsAll(gathered, needed) ? gathered : undefined;
    const parts: MeasureOptions[] = [];
    if (!whole) parts.push({ needed, passes, known: typeof known === 'string' ? undefined : known });
    if (selector.readsValidation && splitSize(dataset.validation) > 0) {
      parts.push({ needed, passes, part: 'validation' });
    }
    const measured = await measureParts(dataset, model, target, parts, context);
    const own = { seconds: secondsSince(started), passes };
    if (whole) return withGathered(whole, dataset, measured[0], own);
    const [signals, validation] = measured;
    const ignored = typeof known === 'string' && { ignoredSignals: known };
    return { signals: signals!, ...(validation && { validation }), ...ignored, ...own };
  } finally {
    model.dispose();
  }
}

/** What other replicas measured of the training examples, and what was measured here of the held-out ones. */
function withGathered(
  { signals, seconds, forwardPasses, backwardPasses }: GatheredSignals,
  { train }: Dataset,
  validation: ExampleSignals | undefined,
  own: Pick<Measured, 'seconds' | 'passes'>,
): Measured {
  own.passes.forward(forwardPasses);
  own.passes.backward(backwardPasses);
  return {
    signals: { ...signals, labels: train.labels },
    ...(validation && { validation }),
    seconds: own.seconds + seconds,
    gatherSeconds: seconds,
    passes: own.passes,
  };
}

async function measureParts(
  dataset: Dataset,
  model: Model,
  target: Target,
  parts: readonly MeasureOptions[],
  context: WorkContext,
): Promise<ExampleSignals[]> {
  const total = parts.reduce((sum, part) => sum + toAttack(dataset, part).length, 0);
  let done = 0;
  const onAttacked = (examples: number) => {
    done += examples;
    context.progress({ phase: 'attack', done, total } satisfies ScoreProgress);
  };
  const measured: ExampleSignals[] = [];
  for (const part of parts) {
    const signals = await measureDataset(dataset, model, target, { ...part, onAttacked }, context);
    validateSignals(signals, part.needed);
    measured.push(signals);
  }
  return measured;
}
