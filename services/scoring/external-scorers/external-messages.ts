import type { Cost } from '../../../proto/gen/winnow/v1/cost_pb.ts';
import type { DatasetInfo } from '../../../proto/gen/winnow/v1/dataset_pb.ts';
import type { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { ExampleSignals } from '../../selection/signals.ts';
import type { SelectRequest, SelectResult, Target } from '../score-messages.ts';
import type { Answer } from './answer-reader.ts';

/** Work 'measure': what a scorer that runs as a service asks for. */
export interface MeasureRequest extends Pick<SelectRequest, 'expectedFingerprint' | 'trainingSignals' | 'gathered'> {
  readonly target: Target;
  readonly needed: readonly Signal[];
}

/** What 'measure' ends with. */
export interface MeasureResult extends Pick<SelectResult, 'ignoredSignals'> {
  readonly signals: ExampleSignals;
  readonly dataset: DatasetInfo;
  readonly cost: Cost;
}

/** Work 'choose': the subset that a scorer's answer means. */
export interface ChooseRequest extends Pick<SelectRequest, 'previous'> {
  readonly answer: Answer;
  readonly labels: Uint16Array;
  readonly classes: number;
  readonly k: number;
  readonly classFloor: number;
}

/** What 'choose' ends with. */
export interface ChooseResult extends Pick<SelectResult, 'indices' | 'weights' | 'quality'> {
  /** One value per example, where the answer has scores. */
  readonly scores?: Float32Array;
}
