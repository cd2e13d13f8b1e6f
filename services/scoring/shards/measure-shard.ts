import type { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { Dataset } from '../../dataset/dataset.ts';
import { modelForDataset } from '../../dataset/tensor-batch.ts';
import { loadCheckpoint } from '../../numerics/models/load-checkpoint.ts';
import { PassCounter } from '../../numerics/pass-counter.ts';
import { Handover, type WorkContext } from '../../platform/thread/serve-work.ts';
import { validateSignals } from '../../selection/signals.ts';
import { type ExampleRange, measureDataset } from '../measure-dataset.ts';
import { checkFingerprint } from '../score-dataset.ts';
import type { Target } from '../score-messages.ts';
import { secondsSince } from '../seconds-since.ts';
import { encodeShard } from './shard-file.ts';

/** Work 'measureShard': the signals of some consecutive training examples. */
export interface MeasureShardRequest {
  readonly target: Target;
  readonly expectedFingerprint: string;
  readonly range: ExampleRange;
  readonly needed: readonly Signal[];
}

/** What 'measureShard' ends with. */
export interface MeasureShardResult {
  /** As ShardSignals says. */
  readonly file: Uint8Array;
  readonly seconds: number;
  readonly forwardPasses: number;
  readonly backwardPasses: number;
}

/**
 * Attacks the examples of a shard, as measureTarget does those of a round. CANCELLED, CORRUPT_CHECKPOINT, DIVERGED,
 * INVALID_INDEX_SET; a RangeError where the data set has no such examples.
 */
export async function measureShard(
  dataset: Dataset,
  request: MeasureShardRequest,
  context: WorkContext,
): Promise<Handover> {
  const { target, expectedFingerprint, range, needed } = request;
  checkFingerprint(dataset, expectedFingerprint);
  const started = performance.now();
  const model = modelForDataset(dataset, target.model, target.seed);
  try {
    if (target.checkpoint) loadCheckpoint(model, target.checkpoint);
    const passes = new PassCounter();
    const signals = await measureDataset(dataset, model, target, { needed, range, passes }, context);
    validateSignals(signals, needed);
    const { forwardPasses, backwardPasses } = passes;
    const file = encodeShard(signals, needed);
    const result: MeasureShardResult = { file, seconds: secondsSince(started), forwardPasses, backwardPasses };
    return new Handover(result, [file.buffer as ArrayBuffer]);
  } finally {
    model.dispose();
  }
}
