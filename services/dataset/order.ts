import { randomStream } from './random.ts';

/** What decides the order of one epoch. */
export interface EpochOrderOptions {
  /** Number of training examples N. */
  readonly examples: number;
  /** Kept indices, ascending and unique in [0, N); undefined keeps all. */
  readonly subset: Uint32Array | undefined;
  /** The run's seed, uint64. */
  readonly seed: bigint;
  /** The epoch, from 0. */
  readonly epoch: number;
}

/**
 * The order of one epoch's examples: one permutation of all N, filtered by the subset, so that a pruned run visits its
 * examples in the same relative order as a full run with the same seed and the two stay comparable (as airbench does).
 * Throws RangeError if the subset isn't ascending, unique and below N.
 */
export function epochOrder({ examples, subset, seed, epoch }: EpochOrderOptions): Uint32Array {
  const order = Uint32Array.from({ length: examples }, (_, index) => index);
  randomStream(seed, 'epoch-order', epoch).shuffle(order);
  if (subset === undefined) return order;
  const kept = subsetMask(examples, subset);
  return order.filter((index) => kept[index] === 1);
}

function subsetMask(examples: number, subset: Uint32Array): Uint8Array {
  const mask = new Uint8Array(examples);
  subset.forEach((index, i) => {
    if (index >= examples || (i > 0 && index <= subset[i - 1])) {
      throw new RangeError(`the subset must be ascending, unique and below ${examples}: index ${index} at place ${i}`);
    }
    mask[index] = 1;
  });
  return mask;
}
