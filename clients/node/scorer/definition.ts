import type { ScoringSetting, Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { ScorerSignals } from './signals.ts';

/** One parameter of a scorer: a number between two bounds, both allowed. */
export interface ParameterDefinition {
  readonly name: string;
  /** What it does, in one sentence. */
  readonly description: string;
  /** The value where a run gives none. */
  readonly defaultValue: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Whether only whole numbers are allowed; false where absent. */
  readonly integer?: boolean;
}

/** What is asked for: the message of the wire, checked, with a value for every parameter. */
export type ScorerSetting = Omit<ScoringSetting, '$typeName' | '$unknown'>;

/** What a scorer knows of the call it answers. */
export interface ScoreContext {
  /** Aborted when the caller cancels or runs out of time, and when the server is shut down. */
  readonly signal: AbortSignal;
  /** Lets other calls be answered, and throws where this one was cancelled. For every 10 ms or so of long work. */
  pause(): Promise<void>;
}

/** A set with one weight for each index, or none for equal weights. */
export interface ScoredIndices {
  /** Exactly `keep` different indices, in any order. */
  readonly indices: ArrayLike<number>;
  /** Finite, at least 0 and not all 0, in the order of `indices`. */
  readonly weights?: ArrayLike<number>;
}

interface Definition<Output, Result> {
  /** Lower case, digits and '-': what a run's selection names. */
  readonly name: string;
  /** To be changed whenever equal inputs may give other results. */
  readonly version: string;
  /** What it does and where it is from, in one or two sentences. */
  readonly summary: string;
  readonly parameters?: readonly ParameterDefinition[];
  /** What the scorer looks at, at least one; others are not sent. */
  readonly signals: readonly Signal[];
  readonly output: Output;
  /** What the scorer still waits for; undefined once it can score. It always can where this is absent. */
  readonly waitsFor?: () => string | undefined | Promise<string | undefined>;
  /**
   * Scores all examples of a call. Every random choice comes from `setting.seed`: equal inputs give equal results.
   * `invalidField` of services/app-error.ts is what to throw for a setting that can't be used.
   */
  score(setting: ScorerSetting, signals: ScorerSignals, context: ScoreContext): Result | Promise<Result>;
}

/** A scorer that gives one finite score for each example; the highest are kept. */
export type ScoresDefinition = Definition<'scores', ArrayLike<number>>;
/** A scorer that chooses the set itself. */
export type SetDefinition = Definition<'set', ScoredIndices>;
/** A scorer: its description and the one function that scores. */
export type ScorerDefinition = ScoresDefinition | SetDefinition;
