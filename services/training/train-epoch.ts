import { splitSize } from '../dataset/dataset.ts';
import { epochOrder } from '../dataset/order.ts';
import type { Subset } from '../index-set/check-index-set.ts';
import type { GroupCounts } from '../numerics/attacks/attack-policy.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import type { EpochPosition } from './epoch-position.ts';
import { type Pool, trainPool } from './train-pool.ts';
import type { Trainer } from './trainer.ts';

/** What one epoch gave. */
export interface EpochOutcome {
  /** Mean loss over the examples. */
  readonly loss: number;
  /** Share of attacked training images classified correctly. */
  readonly robustAccuracy: number;
  /** Rate of the last update. */
  readonly learningRate: number;
  readonly examples: number;
  /** Examples in each of the attack policy's groups. */
  readonly attackGroups: GroupCounts;
}

/** Where to begin, and what to call on the way. */
export interface EpochOptions {
  /** Where an earlier process was; the beginning where absent. */
  readonly from?: EpochPosition | undefined;
  /** Called after each pool, when all that training remembers can be stored. */
  readonly onPool?: ((position: EpochPosition) => Promise<void>) | undefined;
}

/** How far an epoch is. */
export type OnBatch = (done: number, total: number, meanLoss: number) => void;

/** Weight of each of N examples, 0 for those not kept. */
function spread({ indices, weights }: Subset, examples: number): Float32Array | undefined {
  if (!weights) return undefined;
  const byExample = new Float32Array(examples);
  for (const [i, index] of indices.entries()) byExample[index] = weights[i];
  return byExample;
}

const START: EpochPosition = { done: 0, lossSum: 0, correct: 0, learningRate: 0, attackGroups: {} };

function sumOf(counts: GroupCounts, more: GroupCounts): GroupCounts {
  return Object.fromEntries(
    Object.entries({ ...counts, ...more }).map(([group]) => [group, (counts[group] ?? 0) + (more[group] ?? 0)]),
  );
}

/** Trains one epoch on a subset, or on all data. Everything that is not attack is booked as update. DIVERGED, CANCELLED. */
export async function trainEpoch(
  trainer: Trainer,
  epoch: number,
  subset: Subset | undefined,
  context: WorkContext,
  onBatch: OnBatch,
  { from = START, onPool }: EpochOptions = {},
): Promise<EpochOutcome> {
  const { spec, dataset, policy } = trainer;
  const examples = splitSize(dataset.train);
  const order = epochOrder({ examples, subset: subset?.indices, seed: spec.seed, epoch });
  const byExample = subset && spread(subset, examples);
  const poolSize = spec.batchSize * policy.poolBatches;
  let position = from;
  for (let first = from.done; first < order.length; first = position.done) {
    context.throwIfStopped();
    const pool = {
      indices: order.subarray(first, first + poolSize),
      epoch,
      firstBatch: first / spec.batchSize,
      progressAfter: (n: number) => (epoch + (first + n) / order.length) / spec.epochs,
    };
    position = await trainOn(trainer, pool, byExample, context, position, (done, meanLoss) =>
      onBatch(done, order.length, meanLoss),
    );
    await onPool?.(position);
  }
  return {
    loss: position.lossSum / order.length,
    robustAccuracy: position.correct / order.length,
    learningRate: position.learningRate,
    examples: order.length,
    attackGroups: position.attackGroups,
  };
}

/** Trains on one pool; returns where that leads from `position`. */
async function trainOn(
  trainer: Trainer,
  pool: Pool,
  byExample: Float32Array | undefined,
  context: WorkContext,
  position: EpochPosition,
  onBatch: (done: number, meanLoss: number) => void,
): Promise<EpochPosition> {
  const { ledger, policy } = trainer;
  const started = performance.now();
  const attackBefore = ledger.secondsOf('attack');
  let { done, lossSum, correct, learningRate } = position;
  for await (const outcome of trainPool(trainer, pool, byExample, context)) {
    done += outcome.examples;
    lossSum += outcome.loss * outcome.examples;
    correct += outcome.correct;
    learningRate = outcome.rate;
    onBatch(done, lossSum / done);
    await context.breathe();
  }
  const attackSeconds = ledger.secondsOf('attack') - attackBefore;
  ledger.add('update', (performance.now() - started) / 1000 - attackSeconds);
  return { done, lossSum, correct, learningRate, attackGroups: sumOf(position.attackGroups, policy.takeCounts()) };
}
