import { create } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { type IndexSet, IndexSetSchema } from '../../proto/gen/winnow/v1/index_set_pb.ts';
import { type SelectionSpec, WeightMeaning } from '../../proto/gen/winnow/v1/selection_pb.ts';
import { toGaps } from '../index-set/index-gaps.ts';
import type { SelectionHistory } from '../selection/history.ts';
import type { ResolvedTarget } from './resolve-target.ts';
import type { SelectResult } from './score-messages.ts';
import type { GatheredSignals } from './shards/gathered-signals.ts';

/** For whom a set is made; run id empty and round 0 for one made on request. */
export interface SelectionPurpose {
  readonly runId: string;
  readonly round: number;
  /** The fingerprint that the data set must have; not checked where absent. */
  readonly expectedFingerprint?: string;
  /** Indices of the run's previous set. */
  readonly previous?: Uint32Array;
  /** What the run's earlier rounds saw. */
  readonly history?: SelectionHistory;
  /** What training saw of some examples: a StoredSignals file. */
  readonly trainingSignals?: Uint8Array;
  /** What several replicas measured of the training examples; its buffers are handed over. */
  readonly gathered?: GatheredSignals;
}

/** What an index set says of a selection's result. */
type ResultFields = Pick<SelectResult, 'indices' | 'weights' | 'scorerVersion' | 'quality' | 'cost'> & {
  readonly dataset: Pick<SelectResult['dataset'], 'fingerprint' | 'trainExamples'>;
};

/** The message of a selection's result: the subset, and all that decided it. */
export function toIndexSet(
  target: Pick<ResolvedTarget, 'checkpoint' | 'seed'> & Partial<Pick<ResolvedTarget, 'attack'>>,
  selection: SelectionSpec,
  purpose: SelectionPurpose,
  result: ResultFields,
): IndexSet {
  const { indices, weights, dataset, quality, cost, scorerVersion } = result;
  return create(IndexSetSchema, {
    runId: purpose.runId,
    round: purpose.round,
    datasetFingerprint: dataset.fingerprint,
    datasetExamples: dataset.trainExamples,
    checkpointSha256: target.checkpoint?.sha256 ?? '',
    scorer: selection.scorer,
    scorerVersion,
    seed: target.seed,
    ...(target.attack && { attack: target.attack }),
    fraction: selection.fraction,
    indexGaps: toGaps(indices),
    weights: weights ? [...weights] : [],
    weightMeaning: weights ? WeightMeaning.NORMALISED_SUM : WeightMeaning.UNIFORM,
    quality: { ...quality, keptPerClass: [...quality.keptPerClass] },
    cost,
    createdAt: timestampNow(),
  });
}
