import { Signal } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { type Dataset, splitSize } from '../dataset/dataset.ts';
import { tensorBatch } from '../dataset/tensor-batch.ts';
import { tf } from '../numerics/backend.ts';
import { type BatchSignals, measureSignals } from '../numerics/measure-signals.ts';
import type { Model } from '../numerics/models/model.ts';
import { makeObjective } from '../numerics/objectives/make-objective.ts';
import type { PassCounter } from '../numerics/pass-counter.ts';
import { networkPrecision } from '../numerics/precision.ts';
import { deriveSeed } from '../numerics/random.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import type { ExampleSignals } from '../selection/signals.ts';
import { needsAttack } from './needs-attack.ts';
import type { Target } from './score-messages.ts';
import { SCORING_BATCH } from './scoring-batch.ts';
import type { KnownSignals } from './training-signals.ts';

/** A part of a data set that is measured, and what its attacks are seeded for. */
const SEED_PURPOSE = { train: 'scoring', validation: 'scoring-validation' } as const;

/** Consecutive examples. */
export interface ExampleRange {
  readonly first: number;
  readonly examples: number;
}

/** What to measure, and of which examples. */
export interface MeasureOptions {
  readonly needed: readonly Signal[];
  /** Training examples where not given. */
  readonly part?: keyof typeof SEED_PURPOSE;
  /** Examples whose signals are known already, at least those needed; they are not attacked. */
  readonly known?: KnownSignals | undefined;
  /** Consecutive examples of the part to measure, all of them where absent. Not together with `known`. */
  readonly range?: ExampleRange | undefined;
  readonly passes: PassCounter;
  /** Told how many more examples were attacked. */
  readonly onAttacked?: (examples: number) => void;
}

type Signals = ReturnType<typeof emptySignals>;

/** Room for what is needed of every example; an array that is not needed is empty. */
function emptySignals(labels: Uint16Array, classes: number, features: number, needed: readonly Signal[]) {
  const examples = labels.length;
  const room = (signal: Signal, width: number) => new Float32Array(needed.includes(signal) ? examples * width : 0);
  return {
    examples,
    classes,
    features,
    labels,
    cleanLogits: room(Signal.CLEAN_LOGITS, classes),
    adversarialLogits: room(Signal.ADVERSARIAL_LOGITS, classes),
    cleanFeatures: room(Signal.CLEAN_FEATURES, features),
    adversarialFeatures: room(Signal.ADVERSARIAL_FEATURES, features),
  };
}

/** Puts the rows of `batch` where `indices` says, the signals' first example being `first`. */
function store(signals: Signals, batch: Partial<BatchSignals>, indices: Uint32Array, first = 0): void {
  const { classes, features } = signals;
  const put = (into: Float32Array, values: Float32Array | undefined, width: number) => {
    if (into.length === 0 || values === undefined) return;
    indices.forEach((index, row) => {
      into.set(values.subarray(row * width, (row + 1) * width), (index - first) * width);
    });
  };
  put(signals.cleanLogits, batch.cleanLogits, classes);
  put(signals.adversarialLogits, batch.adversarialLogits, classes);
  put(signals.cleanFeatures, batch.cleanFeatures, features);
  put(signals.adversarialFeatures, batch.adversarialFeatures, features);
}

/** Examples of a part that have to be attacked, ascending. */
export function toAttack(dataset: Dataset, { needed, part = 'train', known, range }: MeasureOptions): Uint32Array {
  if (!needsAttack(needed)) return new Uint32Array(0);
  const { first, examples } = range ?? { first: 0, examples: splitSize(dataset[part]) };
  const all = Uint32Array.from({ length: examples }, (_, row) => first + row);
  if (known === undefined) return all;
  const isKnown = new Set(known.indices);
  return all.filter((index) => !isKnown.has(index));
}

/**
 * Attacks the examples of one part of a data set and reads what a scorer needs of them. An example's attack is seeded by
 * its index, so signals do not depend on how examples are batched. Nothing is attacked where only labels are needed.
 * CANCELLED.
 */
export async function measureDataset(
  dataset: Dataset,
  model: Model,
  target: Target,
  options: MeasureOptions,
  context: WorkContext,
): Promise<ExampleSignals> {
  const { needed, part = 'train', known, range, passes, onAttacked } = options;
  const split = dataset[part];
  const labels = range ? split.labels.subarray(range.first, range.first + range.examples) : split.labels;
  const signals = emptySignals(labels, dataset.classNames.length, model.features, needed);
  if (known) store(signals, known.signals, known.indices);
  const objective = makeObjective(target.objective);
  const precision = networkPrecision(target.precision);
  const open = toAttack(dataset, options);
  for (let first = 0; first < open.length; first += SCORING_BATCH) {
    context.throwIfStopped();
    const indices = open.subarray(first, first + SCORING_BATCH);
    const batch = tensorBatch(dataset, split, indices);
    const seeds = Array.from(indices, (index) => deriveSeed(target.seed, SEED_PURPOSE[part], index));
    try {
      const { attack } = target;
      const values = measureSignals(model, objective, batch, attack, seeds, passes, context.throwIfStopped, precision);
      store(signals, values, indices, range?.first);
    } finally {
      tf.dispose([batch.images, batch.oneHot]);
    }
    onAttacked?.(indices.length);
    await context.breathe();
  }
  return signals;
}
