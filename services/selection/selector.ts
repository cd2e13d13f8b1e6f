import type { ObjectiveKind } from '../../proto/gen/winnow/v1/objective_pb.ts';
import type { ScorerParameter, Signal } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { SelectionHistory } from './history.ts';
import type { MatMul } from './matmul.ts';
import type { GradientObjective } from './objective.ts';
import type { ExampleSignals } from './signals.ts';

/** A selector's parameter, as the plug-in contract describes it. */
export type SelectorParameter = Readonly<
  Pick<ScorerParameter, 'name' | 'description' | 'defaultValue' | 'minimum' | 'maximum' | 'integer'>
>;

/** All that a selection depends on: equal inputs give equal subsets. */
export interface SelectorInput {
  /** What was measured; validated, and with everything the selector needs. */
  readonly signals: ExampleSignals;
  /**
   * Held-out examples, measured in the same way by the same model: same classes and features, validated, with
   * everything the selector needs. For those that read it, which make do without.
   */
  readonly validation?: ExampleSignals | undefined;
  /** What earlier rounds saw of the same N examples, for those that read it. */
  readonly history?: SelectionHistory | undefined;
  readonly objective: GradientObjective;
  /** Examples to keep, 1 to N. */
  readonly k: number;
  /** A value for every parameter of the selector, from `resolveParameters`. */
  readonly parameters: ReadonlyMap<string, number>;
  /** Uniform in [0,1), derived from the seed: the only source of chance. */
  random(): number;
  /** Least share of its proportional budget that a class keeps, in [0,1]. */
  readonly classFloor: number;
  readonly matMul: MatMul;
  readonly signal?: AbortSignal | undefined;
  /** Told how many of the N examples have been dealt with. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** The examples to train on. */
export interface SelectedSubset {
  /** k indices in [0, N), ascending and unique. */
  readonly indices: Uint32Array;
  /** One weight per index, finite and above 0, for Σ w l / Σ w per mini-batch; absent for equal weights. */
  readonly weights?: Float32Array;
  /** ‖Σ_S w g − Σ_D g‖ / ‖Σ_D g‖ over last-layer gradients, where the selector knows them. */
  readonly residual?: number;
  /**
   * One finite score per example, N values; higher speaks for keeping. Within a class those kept stand at or above those
   * dropped, but for selectors that draw by chance what they keep.
   */
  readonly scores?: Float32Array;
}

/** What one number per example is made from. */
export type ReductionInput = Pick<SelectorInput, 'signals' | 'objective' | 'history'>;

/** One number per example that a selector reads in place of all its signals: those can go once it is known. */
export interface Reduction {
  /** N finite numbers; without a history, each from its own example's signals alone. */
  of(input: ReductionInput): Float64Array;
  /** The subset that `Selector.select` makes, from these numbers; of the signals only the labels are read. */
  select(values: Float64Array, input: SelectorInput): SelectedSubset;
}

/** A way to choose the examples worth training on. */
export interface Selector {
  /** Its name in SelectionSpec.scorer: lower case, digits and '-'. */
  readonly name: string;
  /** Changes whenever equal inputs may give another subset. */
  readonly version: string;
  /** What it does and where it is from, in one or two sentences. */
  readonly description: string;
  /** What the scores of its subsets mean, in one sentence. */
  readonly scoreMeaning: string;
  readonly parameters: readonly SelectorParameter[];
  /** The signals it reads under any objective; labels are always there. */
  readonly needs: readonly Signal[];
  /** What of `needs` it reads under one objective; all of it where absent. */
  needsUnder?(kind: ObjectiveKind): readonly Signal[];
  /** A signal that may take the place of all but the labels, where a caller has it instead. */
  readonly standIn?: Signal;
  /** There where it reads one number per example. */
  readonly reduction?: Reduction;
  /** Whether it reads `validation`, which takes passes to measure. */
  readonly readsValidation?: true;
  /** Whether it reads `history`, so that what a round saw has to be kept for the next. */
  readonly readsHistory?: true;
  /** Whether it ranks examples by `scores` or makes a set as a whole. */
  readonly output: 'scores' | 'set';
  /** Chooses a subset. @throws AppError CANCELLED. */
  select(input: SelectorInput): Promise<SelectedSubset>;
  /** One finite score per example, higher for more worth keeping; there where `output` is 'scores'. */
  scores?(input: ReductionInput): Float64Array;
}

/** The signals to measure for a selector under an objective; under AT nothing clean, where only its loss is read. */
export function neededSignals(
  selector: Pick<Selector, 'needs' | 'needsUnder'>,
  kind: ObjectiveKind,
): readonly Signal[] {
  return selector.needsUnder?.(kind) ?? selector.needs;
}
