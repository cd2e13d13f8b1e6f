import type { Cost } from '../../proto/gen/winnow/v1/cost_pb.ts';
import type { DatasetInfo, DatasetSpec } from '../../proto/gen/winnow/v1/dataset_pb.ts';
import type { ModelSpec } from '../../proto/gen/winnow/v1/model_pb.ts';
import type { AttackSpec, ObjectiveSpec } from '../../proto/gen/winnow/v1/objective_pb.ts';
import type { SelectionSpec } from '../../proto/gen/winnow/v1/selection_pb.ts';

/** What both kinds of work start from; all specs resolved. */
export interface Target {
  readonly dataset: DatasetSpec;
  readonly model: ModelSpec;
  /** The safetensors file; a fresh model drawn from the seed where absent. */
  readonly checkpoint?: Uint8Array;
  readonly objective: ObjectiveSpec;
  /** The attack that examples are scored under. */
  readonly attack: AttackSpec;
  readonly seed: bigint;
}

/** Work 'score': one number per example. */
export interface ScoreRequest {
  readonly target: Target;
  readonly scorer: string;
  readonly parameters: Readonly<Record<string, number>>;
}

/** What 'score' ends with. */
export interface ScoreResult {
  readonly scores: Float64Array;
  readonly dataset: DatasetInfo;
  readonly cost: Cost;
}

/** Work 'select': a subset. */
export interface SelectRequest {
  readonly target: Target;
  readonly selection: SelectionSpec;
  /** The fingerprint that the data set must have; not checked where absent. */
  readonly expectedFingerprint?: string;
  /** Indices of the run's previous set. */
  readonly previous?: Uint32Array;
}

/** What 'select' ends with. */
export interface SelectResult {
  readonly indices: Uint32Array;
  /** Absent for equal weights. */
  readonly weights?: Float32Array;
  readonly scorerVersion: string;
  readonly quality: {
    readonly residual?: number;
    readonly effectiveSampleSize: number;
    readonly overlap?: number;
    readonly keptPerClass: readonly number[];
  };
  readonly dataset: DatasetInfo;
  readonly cost: Cost;
}

/** What both tell on the way. */
export interface ScoreProgress {
  readonly phase: 'attack' | 'select';
  readonly done: number;
  readonly total: number;
}
