import { seededRandom } from '../../node/scorer/seeded-random.ts';
import type { ScorerSignals } from '../../node/scorer/signals.ts';

/** Signals of made-up examples. */
export interface SyntheticSignals extends ScorerSignals {
  readonly examples: number;
  readonly classes: number;
  readonly features: number;
}

/** What to make up. */
export interface SyntheticShape {
  readonly examples: number;
  readonly classes: number;
  readonly features: number;
  readonly seed: number;
  /** Classes that have examples; all where absent. */
  readonly present?: readonly number[];
}

// The attack's push against the label, in logits: enough for about a third of the examples to be misclassified.
const ATTACK_LOGITS = 1.5;
const ATTACK_NOISE = 0.3;

/**
 * Signals, the classes in turn, as a half-trained network gives them: features scattered about a mean of their class, logits that favour the
 * label, the attacked ones less so; losses are the cross-entropies of the attacked logits, margins theirs, too.
 */
export function syntheticSignals(shape: SyntheticShape): SyntheticSignals {
  const { examples, classes, features, seed } = shape;
  const present = shape.present ?? Array.from({ length: classes }, (_, label) => label);
  const random = seededRandom(BigInt(seed));
  const normal = () => normalFrom(random);
  const means = Float32Array.from({ length: classes * features }, normal);
  const labels = Uint32Array.from({ length: examples }, (_, i) => present[i % present.length]!);
  const perLabel = (width: number, value: (label: number, column: number) => number) =>
    Float32Array.from({ length: examples * width }, (_, i) => value(labels[Math.floor(i / width)]!, i % width));
  // Features follow a ReLU: none is negative.
  const cleanFeatures = perLabel(features, (label, j) => Math.max(0, means[label * features + j]! + normal()));
  const cleanLogits = perLabel(classes, (label, c) => (c === label ? 2 : 0) + normal());
  const adversarialLogits = cleanLogits.map((logit, i) => {
    const isLabel = i % classes === labels[Math.floor(i / classes)];
    return logit - (isLabel ? ATTACK_LOGITS : 0) + ATTACK_NOISE * normal();
  });
  const adversarialFeatures = cleanFeatures.map((value) => Math.max(0, value + ATTACK_NOISE * normal()));
  const row = (index: number) => adversarialLogits.subarray(index * classes, (index + 1) * classes);
  const adversarialLosses = Float32Array.from(labels, (label, index) => crossEntropy(row(index), label));
  const adversarialMargins = Float32Array.from(labels, (label, index) => margin(row(index), label));
  const measured = { cleanLogits, adversarialLogits, cleanFeatures, adversarialFeatures };
  return { examples, classes, features, labels, ...measured, adversarialLosses, adversarialMargins };
}

/** Box-Muller; 1 - u keeps the logarithm finite. */
function normalFrom(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function crossEntropy(logits: Float32Array, label: number): number {
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  return Math.log(sum) - logits[label]!;
}

function margin(logits: Float32Array, label: number): number {
  return logits[label]! - logits.reduce((most, logit, c) => (c === label ? most : Math.max(most, logit)), -Infinity);
}
