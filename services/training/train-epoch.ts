import { splitSize } from '../dataset/dataset.ts';
import { epochOrder } from '../dataset/order.ts';
import type { Subset } from '../index-set/check-index-set.ts';
import type { GroupCounts } from '../numerics/attacks/attack-policy.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import { trainPool } from './train-pool.ts';
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

/** How far an epoch is. */
export type OnBatch = (done: number, total: number, meanLoss: number) => void;

/** Weight of each of N examples, 0 for those not kept. */
function spread({ indices, weights }: Subset, examples: number): Float32Array | undefined {
  if (!weights) return undefined;
  const byExample = new Float32Array(examples);
  for (const [i, index] of indices.entries()) byExample[index] = weights[i];
  return byExample;
}

/** Trains one epoch on a subset, or on all data. Everything that is not attack is booked as update. DIVERGED, CANCELLED. */
export async function trainEpoch(
  trainer: Trainer,
  epoch: number,
  subset: Subset | undefined,
  context: WorkContext,
  onBatch: OnBatch,
): Promise<EpochOutcome> {
  const { spec, dataset, ledger, policy } = trainer;
  const examples = splitSize(dataset.train);
  const order = epochOrder({ examples, subset: subset?.indices, seed: spec.seed, epoch });
  const byExample = subset && spread(subset, examples);
  const started = performance.now();
  const attackBefore = ledger.secondsOf('attack');
  const poolSize = spec.batchSize * policy.poolBatches;
  let done = 0;
  let lossSum = 0;
  let correct = 0;
  let learningRate = 0;
  for (let first = 0; first < order.length; first += poolSize) {
    context.throwIfStopped();
    const pool = {
      indices: order.subarray(first, first + poolSize),
      epoch,
      firstBatch: first / spec.batchSize,
      progressAfter: (n: number) => (epoch + (first + n) / order.length) / spec.epochs,
    };
    for await (const outcome of trainPool(trainer, pool, byExample, context)) {
      done += outcome.examples;
      lossSum += outcome.loss * outcome.examples;
      correct += outcome.correct;
      learningRate = outcome.rate;
      onBatch(done, order.length, lossSum / done);
      await context.breathe();
    }
  }
  const attackSeconds = ledger.secondsOf('attack') - attackBefore;
  ledger.add('update', (performance.now() - started) / 1000 - attackSeconds);
  return {
    loss: lossSum / order.length,
    robustAccuracy: correct / order.length,
    learningRate,
    examples: order.length,
    attackGroups: policy.takeCounts(),
  };
}
