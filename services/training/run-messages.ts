import type { AutoAttackSpec } from '../../proto/gen/winnow/v1/autoattack_pb.ts';
import type { Cost } from '../../proto/gen/winnow/v1/cost_pb.ts';
import type { DatasetInfo, DatasetSpec } from '../../proto/gen/winnow/v1/dataset_pb.ts';
import type { CheckpointRef, ModelSpec } from '../../proto/gen/winnow/v1/model_pb.ts';
import type { AttackSpec } from '../../proto/gen/winnow/v1/objective_pb.ts';
import type { BestModel, Evaluation, Run, RunSpec } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { SelectionQuality } from '../../proto/gen/winnow/v1/selection_pb.ts';
import type { EpochProgress } from '../../proto/gen/winnow/v1/training_service_pb.ts';
import type { Subset } from '../index-set/check-index-set.ts';
import type { EvaluationRecord } from './evaluation-record.ts';
import type { SignalFile } from './seen-signals.ts';

/** Work 'train': a whole run, its spec resolved. */
export interface TrainRequest {
  readonly spec: RunSpec;
  /** The state to go on from, as encodeTrainingState wrote it; from the beginning where absent. */
  readonly state?: Uint8Array | undefined;
}

/** What 'train' ends with. */
export interface TrainResult {
  readonly evaluation: Evaluation;
  readonly checkpoint: CheckpointRef;
  /** The best model, where examples were held out. */
  readonly best?: BestModel;
  readonly cost: Cost;
  /** Epochs, history and rounds, as in the run's record. */
  readonly run: Run;
}

/** What 'train' tells on the way. */
export type TrainProgress =
  | {
      readonly type: 'loaded';
      readonly dataset: DatasetInfo;
      readonly device: string;
      /** What the state that it goes on from holds of the run's record; nothing where it begins. */
      readonly run: Run;
      /** Names of the files that its rounds are scored with. */
      readonly files: readonly string[];
      /** Why a state was left aside. */
      readonly leftAside?: string;
    }
  | { readonly type: 'progress'; readonly progress: EpochProgress }
  | { readonly type: 'waiting' }
  | { readonly type: 'training' }
  | {
      readonly type: 'applied';
      readonly round: number;
      readonly fromEpoch: number;
      readonly kept: number;
      readonly quality?: SelectionQuality;
    };

/** A file in the checkpoint store, under its SHA-256. */
export interface StoredFile {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** What a round is scored with. */
export interface SelectionFiles {
  readonly checkpoint: StoredFile;
  /** What the last epoch saw of its examples, and of how many. */
  readonly signals?: StoredFile & { readonly examples: number };
}

/** What 'train' asks the main thread. */
export type TrainQuestion =
  /** Stores what a round is scored with; answered by SelectionFiles. */
  | { readonly type: 'prepare'; readonly checkpoint: Uint8Array; readonly signals?: SignalFile }
  /** Asks for a round's set; answered by a SelectionAnswer. */
  | { readonly type: 'select'; readonly round: number; readonly files: SelectionFiles }
  /** Stores a model; answered by a CheckpointRef. */
  | { readonly type: 'store'; readonly checkpoint: Uint8Array }
  /** Makes a state the one to go on from, and the run's record show it; answered once that is so. */
  | { readonly type: 'save'; readonly state: Uint8Array; readonly run: Run; readonly obsolete: readonly string[] }
  /** Answered when the run is to be handed over to another process. */
  | { readonly type: 'hand-over' };

/** The answer to 'select'. */
export interface SelectionAnswer {
  readonly subset: Subset;
  readonly quality?: SelectionQuality;
  /** What making the set cost the scoring service. */
  readonly cost?: Cost;
  /** Seconds spent on writing the request. */
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
