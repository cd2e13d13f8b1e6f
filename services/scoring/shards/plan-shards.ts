import type { ExampleRange } from '../measure-dataset.ts';
import { SCORING_BATCH } from '../scoring-batch.ts';

/** Below this, a round takes seconds, and is measured where it is asked for: passing shards on would cost as much as it saves. */
export const LEAST_CUT_EXAMPLES = 4_096;

// At least so many batches to a shard: loading the weights and storing the signals is then little beside the attack.
const LEAST_BATCHES = 4;

// At most so many shards to a round: four for each of 256 replicas, so that none waits long for the last one.
const MOST_SHARDS = 1_024;

/**
 * Cuts a data set's examples into shards of whole batches, in order; the last one is smaller where they don't divide. The
 * batches are those of an uncut round, whose results are therefore the same to the byte. Empty for a set too small to cut.
 */
export function planShards(examples: number): ExampleRange[] {
  if (examples < LEAST_CUT_EXAMPLES) return [];
  const batches = Math.ceil(examples / SCORING_BATCH);
  const size = SCORING_BATCH * Math.max(LEAST_BATCHES, Math.ceil(batches / MOST_SHARDS));
  return Array.from({ length: Math.ceil(examples / size) }, (_, shard) => {
    const first = shard * size;
    return { first, examples: Math.min(size, examples - first) };
  });
}
