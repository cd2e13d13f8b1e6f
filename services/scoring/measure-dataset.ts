import { Signal } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { type Dataset, splitSize } from '../dataset/dataset.ts';
import { tensorBatch } from '../dataset/tensor-batch.ts';
import { tf } from '../numerics/backend.ts';
import { type BatchSignals, measureSignals } from '../numerics/measure-signals.ts';
import type { Model } from '../numerics/models/model.ts';
import { makeObjective } from '../numerics/objectives/make-objective.ts';
import type { PassCounter } from '../numerics/pass-counter.ts';
import { deriveSeed } from '../numerics/random.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import type { ExampleSignals } from '../selection/signals.ts';
import type { ScoreProgress, Target } from './score-messages.ts';

/** Images attacked at a time: more than training's batch since no update waits, bounded by memory. */
const SCORING_BATCH = 256;

/** Room for what is needed of every example; an array that is not needed is empty. */
function emptySignals(dataset: Dataset, features: number, needed: readonly Signal[]) {
  const examples = splitSize(dataset.train);
  const classes = dataset.classNames.length;
  const room = (signal: Signal, width: number) => new Float32Array(needed.includes(signal) ? examples * width : 0);
  return {
    examples,
    classes,
    features,
    labels: dataset.train.labels,
    cleanLogits: room(Signal.CLEAN_LOGITS, classes),
    adversarialLogits: room(Signal.ADVERSARIAL_LOGITS, classes),
    cleanFeatures: room(Signal.CLEAN_FEATURES, features),
    adversarialFeatures: room(Signal.ADVERSARIAL_FEATURES, features),
  };
}

function store(signals: ReturnType<typeof emptySignals>, batch: BatchSignals, first: number): void {
  const { classes, features } = signals;
  const put = (into: Float32Array, values: Float32Array, width: number) => {
    if (into.length > 0) into.set(values, first * width);
  };
  put(signals.cleanLogits, batch.cleanLogits, classes);
  put(signals.adversarialLogits, batch.adversarialLogits, classes);
  put(signals.cleanFeatures, batch.cleanFeatures, features);
  put(signals.adversarialFeatures, batch.adversarialFeatures, features);
}

/**
 * Attacks every training example and reads what a scorer needs of it. An example's attack is seeded by its index, so
 * signals do not depend on how examples are batched. Nothing is attacked where only labels are needed.
 * Tells its progress in phase 'attack'. CANCELLED.
 */
export async function measureDataset(
  dataset: Dataset,
  model: Model,
  target: Target,
  needed: readonly Signal[],
  passes: PassCounter,
  context: WorkContext,
): Promise<ExampleSignals> {
  const signals = emptySignals(dataset, model.features, needed);
  if (needed.every((signal) => signal === Signal.LABEL)) return signals;
  const objective = makeObjective(target.objective);
  const total = signals.examples;
  for (let first = 0; first < total; first += SCORING_BATCH) {
    context.throwIfStopped();
    const size = Math.min(SCORING_BATCH, total - first);
    const indices = Uint32Array.from({ length: size }, (_, i) => first + i);
    const batch = tensorBatch(dataset, dataset.train, indices);
    const seeds = Array.from(indices, (index) => deriveSeed(target.seed, 'scoring', index));
    try {
      const { attack } = target;
      const values = measureSignals(model, objective, batch, attack, seeds, passes, context.throwIfStopped);
      store(signals, values, first);
    } finally {
      tf.dispose([batch.images, batch.oneHot]);
    }
    context.progress({ phase: 'attack', done: first + size, total } satisfies ScoreProgress);
    await context.breathe();
  }
  return signals;
}
