import type { Cost } from '../../proto/gen/winnow/v1/cost_pb.ts';
import type { DatasetInfo, DatasetSpec } from '../../proto/gen/winnow/v1/dataset_pb.ts';
import type { CheckpointRef, ModelSpec } from '../../proto/gen/winnow/v1/model_pb.ts';
import type { AttackSpec } from '../../proto/gen/winnow/v1/objective_pb.ts';
import type { EpochMetrics, Evaluation, RunSpec } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { SelectionQuality } from '../../proto/gen/winnow/v1/selection_pb.ts';
import type { EpochProgress } from '../../proto/gen/winnow/v1/training_service_pb.ts';
import type { Subset } from '../index-set/check-index-set.ts';

/** Work 'train': a whole run, its spec resolved. */
export interface TrainRequest {
  readonly spec: RunSpec;
}

/** What 'train' ends with. */
export interface TrainResult {
  readonly evaluation: Evaluation;
  readonly checkpoint: CheckpointRef;
  readonly cost: Cost;
}

/** What 'train' tells on the way. */
export type TrainProgress =
  | { readonly type: 'loaded'; readonly dataset: DatasetInfo; readonly device: string }
  | { readonly type: 'progress'; readonly progress: EpochProgress }
  | { readonly type: 'epoch'; readonly metrics: EpochMetrics; readonly cost: Cost }
  | { readonly type: 'waiting' }
  | {
      readonly type: 'applied';
      readonly round: number;
      readonly fromEpoch: number;
      readonly kept: number;
      readonly quality?: SelectionQuality;
    };

/** What 'train' asks the main thread. */
export type TrainQuestion =
  | { readonly type: 'select'; readonly round: number; readonly epoch: number; readonly checkpoint: Uint8Array }
  | { readonly type: 'store'; readonly checkpoint: Uint8Array };

/** The answer to 'select'. */
export interface SelectionAnswer {
  readonly subset: Subset;
  readonly quality?: SelectionQuality;
  /** What making the set cost the scoring service. */
  readonly cost?: Cost;
  /** Seconds spent on writing checkpoint and request. */
  readonly publishSeconds: number;
}

/** Work 'evaluate': accuracy of a checkpoint. */
export interface EvaluateRequest {
  readonly dataset: DatasetSpec;
  readonly model: ModelSpec;
  /** The safetensors file. */
  readonly checkpoint: Uint8Array;
  readonly attack: AttackSpec;
  readonly seed: bigint;
  /** Test examples, 0 for all. */
  readonly examples: number;
}

/** What 'evaluate' tells on the way. */
export interface EvaluateProgress {
  readonly done: number;
  readonly total: number;
}
