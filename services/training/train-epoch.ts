import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import type { RunSpec } from '../../proto/gen/winnow/v1/run_pb.ts';
import { AppError } from '../app-error.ts';
import type { AugmentOptions } from '../dataset/augment.ts';
import { type Dataset, splitSize } from '../dataset/dataset.ts';
import { epochOrder } from '../dataset/order.ts';
import { tensorBatch } from '../dataset/tensor-batch.ts';
import type { Subset } from '../index-set/check-index-set.ts';
import { craft } from '../numerics/attacks/craft.ts';
import { tf } from '../numerics/backend.ts';
import type { Model } from '../numerics/models/model.ts';
import type { Objective } from '../numerics/objectives/objective.ts';
import { type AttackedBatch, outerGradients } from '../numerics/outer-step.ts';
import { deriveSeed } from '../numerics/random.ts';
import type { Sgd } from '../numerics/sgd.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import type { Ledger } from './ledger.ts';
import { learningRate } from './schedule.ts';

/** All that training needs and keeps from one epoch to the next. */
export interface Trainer {
  readonly spec: RunSpec;
  readonly dataset: Dataset;
  readonly model: Model;
  readonly objective: Objective;
  readonly optimiser: Sgd;
  readonly ledger: Ledger;
  readonly augment: AugmentOptions | undefined;
  /** Updates done so far. */
  updates: number;
}

/** What one epoch gave. */
export interface EpochOutcome {
  /** Mean loss over the examples. */
  readonly loss: number;
  /** Share of attacked training images classified correctly. */
  readonly robustAccuracy: number;
  /** Rate of the last update. */
  readonly learningRate: number;
  readonly examples: number;
}

/** How far an epoch is. */
export type OnBatch = (done: number, total: number, meanLoss: number) => void;

interface BatchOutcome {
  readonly loss: number;
  readonly correct: number;
  readonly rate: number;
}

/** Reads one value, so that work queued on a GPU is done and the clock tells the truth; on a CPU it already is. */
function waitForDevice(tensor: tf.Tensor4D): void {
  tf.tidy(() => tf.slice(tensor, [0, 0, 0, 0], [1, 1, 1, 1]).dataSync());
}

function weightsOf(indices: Uint32Array, byExample: Float32Array | undefined): tf.Tensor1D | undefined {
  return byExample && tf.tensor1d(Float32Array.from(indices, (index) => byExample[index]));
}

/** Weight of each of N examples, 0 for those not kept. */
function spread({ indices, weights }: Subset, examples: number): Float32Array | undefined {
  if (!weights) return undefined;
  const byExample = new Float32Array(examples);
  for (const [i, index] of indices.entries()) byExample[index] = weights[i];
  return byExample;
}

/** Where an update stands in its run. */
interface Place {
  readonly epoch: number;
  readonly batch: number;
  /** Share of the run's updates done. */
  readonly progress: number;
}

type CleanBatch = Omit<AttackedBatch, 'adversarial'>;

/** Attacked images, which the caller frees. */
function attack({ spec, model, objective, ledger }: Trainer, clean: CleanBatch, at: Place, context: WorkContext) {
  const seed = deriveSeed(spec.seed, 'attack', at.epoch, at.batch);
  const budget = spec.objective!.attack!;
  return ledger.time('attack', () => {
    const crafted = craft(model, objective, clean, budget, seed, ledger.passes, context.throwIfStopped);
    waitForDevice(crafted);
    return crafted;
  });
}

function update(trainer: Trainer, batch: AttackedBatch, at: Place): BatchOutcome {
  const { spec, model, objective, optimiser, ledger } = trainer;
  const dropoutSeed = deriveSeed(spec.seed, 'dropout', at.epoch, at.batch);
  const { loss, correct, gradients } = outerGradients(model, objective, batch, dropoutSeed, ledger.passes);
  const rate = learningRate(spec.optimiser!, at.progress, trainer.updates);
  const { momentum, weightDecay } = spec.optimiser!;
  optimiser.update(gradients, { learningRate: rate, momentum, weightDecay });
  if (!Number.isFinite(loss)) {
    throw new AppError(
      ErrorReason.DIVERGED,
      `the loss became ${loss} in epoch ${at.epoch} at update ${trainer.updates}; lower optimiser.learning_rate or raise optimiser.warmup_updates`,
    );
  }
  trainer.updates += 1;
  return { loss, correct, rate };
}

async function trainBatch(
  trainer: Trainer,
  indices: Uint32Array,
  byExample: Float32Array | undefined,
  at: Place,
  context: WorkContext,
): Promise<BatchOutcome> {
  const { dataset } = trainer;
  const augment = trainer.augment && { ...trainer.augment, epoch: at.epoch };
  const weights = weightsOf(indices, byExample);
  const clean = { ...tensorBatch(dataset, dataset.train, indices, augment), ...(weights && { weights }) };
  const owned: tf.Tensor[] = Object.values(clean);
  try {
    const adversarial = await attack(trainer, clean, at, context);
    owned.push(adversarial);
    return update(trainer, { ...clean, adversarial }, at);
  } finally {
    tf.dispose(owned);
  }
}

/** Trains one epoch on a subset, or on all data. Everything that is not attack is booked as update. DIVERGED, CANCELLED. */
export async function trainEpoch(
  trainer: Trainer,
  epoch: number,
  subset: Subset | undefined,
  context: WorkContext,
  onBatch: OnBatch,
): Promise<EpochOutcome> {
  const { spec, dataset, ledger } = trainer;
  const examples = splitSize(dataset.train);
  const order = epochOrder({ examples, subset: subset?.indices, seed: spec.seed, epoch });
  const byExample = subset && spread(subset, examples);
  const started = performance.now();
  const attackBefore = ledger.secondsOf('attack');
  let lossSum = 0;
  let correct = 0;
  let rate = 0;
  for (let first = 0, batch = 0; first < order.length; first += spec.batchSize, batch++) {
    context.throwIfStopped();
    const indices = order.subarray(first, first + spec.batchSize);
    const progress = (epoch + first / order.length) / spec.epochs;
    const outcome = await trainBatch(trainer, indices, byExample, { epoch, batch, progress }, context);
    lossSum += outcome.loss * indices.length;
    correct += outcome.correct;
    rate = outcome.rate;
    const done = first + indices.length;
    onBatch(done, order.length, lossSum / done);
    await context.breathe();
  }
  const attackSeconds = ledger.secondsOf('attack') - attackBefore;
  ledger.add('update', (performance.now() - started) / 1000 - attackSeconds);
  return {
    loss: lossSum / order.length,
    robustAccuracy: correct / order.length,
    learningRate: rate,
    examples: order.length,
  };
}
