import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import type { GradientObjective } from '../../../services/selection/objective.ts';
import type { ExampleSignals } from '../../../services/selection/signals.ts';

/** Signals with clean parts always there, as the tests make them. */
export type FullSignals = Required<Omit<ExampleSignals, 'adversarialLosses' | 'adversarialMargins'>>;

/** The three objectives with their customary weights. */
export const objectives: ReadonlyMap<string, GradientObjective> = new Map([
  ['AT', { kind: ObjectiveKind.AT, beta: 6, lambda: 5 }],
  ['TRADES', { kind: ObjectiveKind.TRADES, beta: 6, lambda: 5 }],
  ['MART', { kind: ObjectiveKind.MART, beta: 6, lambda: 5 }],
]);

/** Uniform numbers in [0,1) from a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal numbers (Box and Muller). */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * Signals like a half-trained network's: ReLU features around a class centre, attacked ones shifted, logits from one
 * linear layer that knows the centres. Example i has label i mod classes unless `labels` says otherwise.
 */
export function syntheticSignals(
  seed: number,
  examples: number,
  classes: number,
  features: number,
  labels: Uint16Array = Uint16Array.from({ length: examples }, (_, i) => i % classes),
): FullSignals {
  const random = seededRandom(seed);
  const noise = (length: number) => Float64Array.from({ length }, () => normal(random));
  const centres = Array.from({ length: classes }, () => noise(features).map((value) => Math.max(0, value)));
  const signals: FullSignals = {
    examples,
    classes,
    features,
    labels,
    cleanLogits: new Float32Array(examples * classes),
    adversarialLogits: new Float32Array(examples * classes),
    cleanFeatures: new Float32Array(examples * features),
    adversarialFeatures: new Float32Array(examples * features),
  };
  for (let i = 0; i < examples; i += 1) {
    const own = noise(features).map((value, j) => centres[labels[i]][j] + 0.6 * value);
    const towards = centres[(labels[i] + 1 + Math.floor(random() * (classes - 1))) % classes];
    const clean = own.map((value) => Math.max(0, value));
    const attacked = own.map((value, j) => Math.max(0, value + 0.4 * (towards[j] - value)));
    signals.cleanFeatures.set(clean, i * features);
    signals.adversarialFeatures.set(attacked, i * features);
    signals.cleanLogits.set(logits(clean, centres), i * classes);
    signals.adversarialLogits.set(logits(attacked, centres), i * classes);
  }
  return signals;
}

function logits(input: Float64Array, centres: readonly Float64Array[]): Float64Array {
  const scale = 1 / Math.sqrt(input.length);
  return Float64Array.from(centres, (centre) =>
    centre.reduce((sum, value, j) => sum + scale * (2 * value * input[j] - value * value), 0),
  );
}

/** The same examples in another order: row i becomes row `order[i]` of before. */
export function permuteSignals(signals: FullSignals, order: Uint32Array): FullSignals {
  const rows = (matrix: Float32Array, width: number) => {
    const permuted = new Float32Array(matrix.length);
    order.forEach((from, to) => {
      permuted.set(matrix.subarray(from * width, (from + 1) * width), to * width);
    });
    return permuted;
  };
  return {
    ...signals,
    labels: Uint16Array.from(order, (from) => signals.labels[from]),
    cleanLogits: rows(signals.cleanLogits, signals.classes),
    adversarialLogits: rows(signals.adversarialLogits, signals.classes),
    cleanFeatures: rows(signals.cleanFeatures, signals.features),
    adversarialFeatures: rows(signals.adversarialFeatures, signals.features),
  };
}
