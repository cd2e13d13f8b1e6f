import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import type { GradientObjective } from '../../../services/selection/objective.ts';
import { type FullSignals, normal, seededRandom } from './synthetic-signals.ts';

/** A last layer (W, b) of random weights, C x (d+1), bias last. */
export function randomLayer(seed: number, classes: number, features: number): Float64Array {
  const random = seededRandom(seed);
  // Whole 64ths, as float32 holds the products exactly enough then.
  return Float64Array.from({ length: classes * (features + 1) }, () => Math.round(40 * normal(random)) / 64);
}

/** W·h + b of every row of features, N x C, in float64. */
export function layerLogits(inputs: Float32Array, layer: Float64Array, classes: number): Float64Array {
  const width = layer.length / classes;
  const examples = inputs.length / (width - 1);
  return Float64Array.from({ length: examples * classes }, (_, at) => {
    const [i, c] = [Math.floor(at / classes), at % classes];
    let logit = layer[c * width + width - 1];
    for (let j = 0; j < width - 1; j += 1) logit += layer[c * width + j] * inputs[i * (width - 1) + j];
    return logit;
  });
}

/** The signals with the logits of this layer. */
export function withLayer(signals: FullSignals, layer: Float64Array): FullSignals {
  return {
    ...signals,
    cleanLogits: Float32Array.from(layerLogits(signals.cleanFeatures, layer, signals.classes)),
    adversarialLogits: Float32Array.from(layerLogits(signals.adversarialFeatures, layer, signals.classes)),
  };
}

function softmax(logits: Float64Array): number[] {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** The mean loss of the objective for a last layer, straight from the definitions, in float64. */
export function lastLayerLoss(signals: FullSignals, objective: GradientObjective, layer: Float64Array): number {
  const { classes, examples, labels } = signals;
  const clean = layerLogits(signals.cleanFeatures, layer, classes);
  const attacked = layerLogits(signals.adversarialFeatures, layer, classes);
  let total = 0;
  for (let i = 0; i < examples; i += 1) {
    const p = softmax(clean.subarray(i * classes, (i + 1) * classes));
    const q = softmax(attacked.subarray(i * classes, (i + 1) * classes));
    const y = labels[i];
    const kl = p.reduce((sum, share, c) => sum + share * Math.log(share / q[c]), 0);
    const other = Math.max(...q.filter((_, c) => c !== y));
    if (objective.kind === ObjectiveKind.AT) total -= Math.log(q[y]);
    else if (objective.kind === ObjectiveKind.TRADES) total += -Math.log(p[y]) + objective.beta * kl;
    else total += -Math.log(q[y]) - Math.log(1 - other) + objective.lambda * kl * (1 - p[y]);
  }
  return total / examples;
}
