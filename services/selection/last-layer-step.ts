import { rankOneGradients, sumGradient } from './gradients.ts';
import { type GradientObjective, readsClean } from './objective.ts';
import type { ExampleSignals } from './signals.ts';

/**
 * The signals after the last layer moved from θ = (W, b) to θ − step, C x (d+1) as from `sumGradient`: z − (ΔW·h + Δb)
 * for both kinds of logits that the objective reads. Exact for the given images, as their features don't change; they
 * aren't attacked anew.
 */
export function stepLastLayer(
  signals: ExampleSignals,
  objective: GradientObjective,
  step: Float64Array,
): ExampleSignals {
  const { cleanLogits, cleanFeatures } = signals;
  const shifted = {
    ...signals,
    adversarialLogits: shiftLogits(signals, signals.adversarialLogits, signals.adversarialFeatures, step),
  };
  if (!readsClean(objective.kind)) return shifted;
  if (cleanLogits === undefined || cleanFeatures === undefined) {
    throw new RangeError('TRADES and MART need clean logits and features');
  }
  return { ...shifted, cleanLogits: shiftLogits(signals, cleanLogits, cleanFeatures, step) };
}

/** ∇L(θ − step): the mean gradient of the objective over the given examples after the step, C x (d+1). */
export function gradientAfterStep(
  signals: ExampleSignals,
  objective: GradientObjective,
  step: Float64Array,
): Float64Array {
  const sum = sumGradient(rankOneGradients(stepLastLayer(signals, objective, step), objective));
  return sum.map((value) => value / signals.examples);
}

/** z − (ΔW·h + Δb), summed in float64. */
function shiftLogits(
  { examples, classes, features }: ExampleSignals,
  logits: Float32Array,
  inputs: Float32Array,
  step: Float64Array,
): Float32Array {
  const shifted = new Float32Array(logits.length);
  for (let i = 0; i < examples; i += 1) {
    for (let c = 0; c < classes; c += 1) {
      const row = c * (features + 1);
      let shift = step[row + features];
      for (let j = 0; j < features; j += 1) shift += step[row + j] * inputs[i * features + j];
      shifted[i * classes + c] = logits[i * classes + c] - shift;
    }
  }
  return shifted;
}
