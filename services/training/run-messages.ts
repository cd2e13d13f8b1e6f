import type { AutoAttackSpec } from '../../proto/gen/winnow/v1/autoattack_pb.ts';
import type { Cost } from '../../proto/gen/winnow/v1/cost_pb.ts';
import type { DatasetInfo, DatasetSpec } from '../../proto/gen/winnow/v1/dataset_pb.ts';
import type { CheckpointRef, ModelSpec } from '../../proto/gen/winnow/v1/model_pb.ts';
import type { AttackSpec } from '../../proto/gen/winnow/v1/objective_pb.ts';
import type { BestModel, EpochMetrics, Evaluation, RunSpec } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { SelectionQuality } from '../../proto/gen/winnow/v1/selection_pb.ts';
import type { EpochProgress } from '../../proto/gen/winnow/v1/training_service_pb.ts';
import type { Subset } from '../index-set/check-index-set.ts';
import type { EvaluationRecord } from './evaluation-record.ts';
import type { SignalFile } from './seen-signals.ts';

/** Work 'train': a whole run, its spec resolved. */
export interface TrainRequest {
  readonly spec: RunSpec;
}

/** What 'train' ends with. */
export interface TrainResult {
  readonly evaluation: Evaluation;
  readonly checkpoint: CheckpointRef;
  /** The best model, where examples were held out. */
  readonly best?: BestModel;
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
  | {
      readonly type: 'select';
      readonly round: number;
      readonly epoch: number;
      readonly checkpoint: Uint8Array;
      /** What the last epoch saw of its examples. */
      readonly signals?: SignalFile;
    }
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
  /** At least one of the attacks is there. */
  readonly attack?: AttackSpec;
  readonly autoAttack?: AutoAttackSpec;
  readonly seed: bigint;
  /** Test examples, 0 for all. */
  readonly examples: number;
}

/** How far an evaluation is. */
export interface AttackProgress {
  /** The attack. */
  readonly phase: string;
  /** Examples it is through with, of those that came to it. */
  readonly done: number;
  readonly total: number;
  /** Examples that nothing has broken so far. */
  readonly standing: number;
}

/** What 'evaluate' tells on the way. */
export type EvaluateProgress =
  | { readonly type: 'progress'; readonly progress: AttackProgress }
  | { readonly type: 'remember'; readonly key: string; readonly record: EvaluationRecord };

/** What 'evaluate' asks the main thread: the EvaluationRecord of a key, or undefined. */
export interface EvaluateQuestion {
  readonly type: 'recall';
  readonly key: string;
}
