import { tensorBatch } from '../dataset/tensor-batch.ts';
import { tf } from '../numerics/backend.ts';
import { type AttackedBatch, outerGradients } from '../numerics/outer-step.ts';
import { networkPrecision } from '../numerics/precision.ts';
import { deriveSeed } from '../numerics/random.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import { diverged } from './diverged.ts';
import { learningRate } from './schedule.ts';
import type { Trainer } from './trainer.ts';

/** Mini-batches that are attacked together. */
export interface Pool {
  /** Examples in the order they are trained on. */
  readonly indices: Uint32Array;
  readonly epoch: number;
  /** Number of its first mini-batch within the epoch. */
  readonly firstBatch: number;
  /** Share of the run's updates done after the pool's first n examples, in [0,1). */
  progressAfter(examples: number): number;
}

/** What one update gave. */
export interface UpdateOutcome {
  readonly loss: number;
  /** Attacked images classified correctly. */
  readonly correct: number;
  /** The learning rate. */
  readonly rate: number;
  readonly examples: number;
}

type CleanPool = Omit<AttackedBatch, 'adversarial'>;

/** Reads one value, so that work queued on a GPU is done and the clock tells the truth; on a CPU it already is. */
function waitForDevice(tensor: tf.Tensor4D): void {
  tf.tidy(() => tf.slice(tensor, [0, 0, 0, 0], [1, 1, 1, 1]).dataSync());
}

function weightsOf(indices: Uint32Array, byExample: Float32Array | undefined): tf.Tensor1D | undefined {
  return byExample && tf.tensor1d(Float32Array.from(indices, (index) => byExample[index]));
}

/** Attacked images, which the caller frees. */
function attack(trainer: Trainer, clean: CleanPool, { epoch, firstBatch }: Pool, context: WorkContext) {
  const { spec, model, objective, policy, ledger } = trainer;
  const seed = deriveSeed(spec.seed, 'attack', epoch, firstBatch);
  const { passes } = ledger;
  return ledger.time('attack', () => {
    const precision = networkPrecision(spec.precision);
    const crafted = policy.attack(clean, {
      model,
      objective,
      seed,
      passes,
      beforeStep: context.throwIfStopped,
      precision,
    });
    waitForDevice(crafted);
    return crafted;
  });
}

function update(
  trainer: Trainer,
  batch: AttackedBatch,
  indices: Uint32Array,
  { epoch, number, progress }: { epoch: number; number: number; progress: number },
) {
  const { spec, model, objective, policy, optimiser, ledger, seen } = trainer;
  const dropoutSeed = deriveSeed(spec.seed, 'dropout', epoch, number);
  const options = { passes: ledger.passes, signals: seen !== undefined };
  const { loss, correct, gradients, signals } = outerGradients(model, objective, batch, dropoutSeed, options);
  if (signals) seen?.add(indices, signals);
  const rate = learningRate(spec.optimiser!, progress, trainer.updates);
  const { momentum, weightDecay } = spec.optimiser!;
  optimiser.update(gradients, { learningRate: rate, momentum, weightDecay });
  if (!Number.isFinite(loss)) throw diverged(`the loss became ${loss} in epoch ${epoch} at update ${trainer.updates}`);
  trainer.updates += 1;
  policy.observe(correct, batch.images.shape[0]);
  return { loss, correct, rate };
}

/** Rows [first, first + size) of a pool; the caller frees them. */
function miniBatch(
  { images, adversarial, oneHot, weights }: AttackedBatch,
  first: number,
  size: number,
): AttackedBatch {
  return {
    images: tf.slice(images, first, size),
    adversarial: tf.slice(adversarial, first, size),
    oneHot: tf.slice(oneHot, first, size),
    ...(weights && { weights: tf.slice(weights, first, size) }),
  };
}

/**
 * Attacks a pool with the weights as they are, then trains on its mini-batches one after another. `byExample` holds a
 * weight for each training example, or nothing. DIVERGED, CANCELLED.
 */
export async function* trainPool(
  trainer: Trainer,
  pool: Pool,
  byExample: Float32Array | undefined,
  context: WorkContext,
): AsyncGenerator<UpdateOutcome, void, undefined> {
  const { dataset, spec } = trainer;
  const { indices, epoch, firstBatch } = pool;
  const augment = trainer.augment && { ...trainer.augment, epoch };
  const weights = weightsOf(indices, byExample);
  const clean = { ...tensorBatch(dataset, dataset.train, indices, augment), ...(weights && { weights }) };
  const owned: tf.Tensor[] = Object.values(clean);
  try {
    const adversarial = await attack(trainer, clean, pool, context);
    owned.push(adversarial);
    const attacked = { ...clean, adversarial };
    for (let first = 0, number = firstBatch; first < indices.length; first += spec.batchSize, number++) {
      context.throwIfStopped();
      const examples = Math.min(spec.batchSize, indices.length - first);
      const batch = miniBatch(attacked, first, examples);
      try {
        const progress = pool.progressAfter(first);
        const rows = indices.subarray(first, first + examples);
        yield { ...update(trainer, batch, rows, { epoch, number, progress }), examples };
      } finally {
        tf.dispose(Object.values(batch));
      }
    }
  } finally {
    tf.dispose(owned);
  }
}
