import type { Cost } from '../../proto/gen/winnow/v1/cost_pb.ts';
import type { DatasetInfo, DatasetSpec } from '../../proto/gen/winnow/v1/dataset_pb.ts';
import type { ModelSpec, Precision } from '../../proto/gen/winnow/v1/model_pb.ts';
import type { AttackSpec, ObjectiveSpec } from '../../proto/gen/winnow/v1/objective_pb.ts';
import type { SelectionSpec } from '../../proto/gen/winnow/v1/selection_pb.ts';
import type { SelectionHistory } from '../selection/history.ts';
import type { GatheredSignals } from './shards/gathered-signals.ts';
import type { SubsetQuality } from './subset-quality.ts';

/** What 'score' and 'select' start from; all specs resolved. */
export interface Target {
  readonly dataset: DatasetSpec;
  readonly model: ModelSpec;
  /** The safetensors file; a fresh model drawn from the seed where absent. */
  readonly checkpoint?: Uint8Array;
  readonly objective: ObjectiveSpec;
  /** The attack that examples are scored under. */
  readonly attack: AttackSpec;
  readonly seed: bigint;
  /** Arithmetic of the network in the attack's steps, float32 where absent. */
  readonly precision?: Precision;
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
  /** What the run's earlier rounds saw, for a selector that reads it. */
  readonly history?: SelectionHistory;
  /** What training saw of some examples: a StoredSignals file. Those are not attacked. */
  readonly trainingSignals?: Uint8Array;
  /** What several replicas measured of the training examples. Those are not attacked. */
  readonly gathered?: GatheredSignals;
}

/** What 'select' ends with. */
export interface SelectResult {
  readonly indices: Uint32Array;
  /** Absent for equal weights. */
  readonly weights?: Float32Array;
  readonly scorerVersion: string;
  readonly quality: SubsetQuality;
  /** One value per example, and what it means. */
  readonly scores?: { readonly values: Float32Array; readonly meaning: string };
  /** What the next round wants as its history; there for a selector that reads it. */
  readonly history?: Required<SelectionHistory>;
  /** Why training's signals were not used. */
  readonly ignoredSignals?: string;
  readonly dataset: DatasetInfo;
  readonly cost: Cost;
}

/** Work 'labels': the labels of a data set. */
export interface LabelsRequest {
  readonly dataset: DatasetSpec;
}

/** What 'labels' ends with. */
export interface LabelsResult {
  /** Of the training examples. */
  readonly labels: Uint16Array;
  readonly classes: number;
  readonly fingerprint: string;
}

/** Work 'examples': images of training examples. */
export interface ExamplesRequest {
  readonly dataset: DatasetSpec;
  readonly indices: readonly number[];
}

/** One of what 'examples' ends with. */
export interface ExampleImage {
  readonly index: number;
  readonly label: number;
  readonly className: string;
  readonly png: Uint8Array;
}

/** What 'score' and 'select' tell on the way. */
export interface ScoreProgress {
  readonly phase: 'attack' | 'select';
  readonly done: number;
  readonly total: number;
}
