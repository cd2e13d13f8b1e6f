import { type RankOneGradients, rankOneGradients, takeExamples } from './gradients.ts';
import { type GradientObjective, readsClean } from './objective.ts';
import { type ExampleSignals, takeSignals } from './signals.ts';

/** N examples' gradients, made for some of them at a time: no more than those, and what they come from, take memory. */
export interface GradientSource {
  readonly examples: number;
  readonly classes: number;
  readonly features: number;
  /** Those of the given examples, in the given order. */
  take(indices: Uint32Array): RankOneGradients;
}

/** The gradients of `objective` at measured signals. @throws RangeError, from `take`, where a signal is missing. */
export function signalGradients(signals: ExampleSignals, objective: GradientObjective): GradientSource {
  const { cleanLogits, cleanFeatures, ...attacked } = signals;
  const read = readsClean(objective.kind) ? signals : attacked;
  return { ...sizeOf(signals), take: (indices) => rankOneGradients(takeSignals(read, indices), objective) };
}

/** Errors that are worth keeping for who comes back to them: 64 MiB for each term. */
const KEPT_ERRORS = 2 ** 24;

/** As `signalGradients`, for who takes the same ones many times: errors are kept where those of all N are few enough. */
export function repeatedGradients(
  signals: ExampleSignals,
  objective: GradientObjective,
  kept = KEPT_ERRORS,
): GradientSource {
  const isFew = signals.examples * signals.classes <= kept;
  return isFew ? gradientSource(rankOneGradients(signals, objective)) : signalGradients(signals, objective);
}

/** Gradients that are all there. */
export function gradientSource(gradients: RankOneGradients): GradientSource {
  return { ...sizeOf(gradients), take: (indices) => takeExamples(gradients, indices) };
}

function sizeOf({ examples, classes, features }: Omit<GradientSource, 'take'>) {
  return { examples, classes, features };
}
