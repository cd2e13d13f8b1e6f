import { type RandomStream, randomStream } from '../../../services/dataset/random.ts';
import type { ExampleSignals } from '../../../services/selection/signals.ts';

/** Directions in which examples of a class differ, besides noise; trained features have few that matter. */
const FACTORS = 24;
/** Share of the k-th direction: (k+1)^-DECAY. */
const DECAY = 0.7;
const NOISE = 0.15;
/** How far an attack moves features towards another class, at most. */
const ATTACK_REACH = 0.8;

function normals(random: RandomStream, length: number): Float64Array {
  return Float64Array.from(
    { length },
    () => Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float()),
  );
}

function rectified(values: Float64Array): Float64Array {
  return values.map((value) => Math.max(0, value));
}

/**
 * n attacked examples of class 0 as the last layer of a half-trained network sees them: ReLU features around a class
 * centre that vary in a few directions, moved towards another class by the attack; logits of a linear layer that knows
 * the centres. The same seed gives the same.
 */
export function syntheticClass(n: number, classes: number, features: number, seed: bigint): ExampleSignals {
  const random = randomStream(seed, 'bench');
  const centres = Array.from({ length: classes }, () => rectified(normals(random, features)));
  const directions = Array.from({ length: FACTORS }, (_, f) => {
    const share = (f + 1) ** -DECAY;
    return normals(random, features).map((value) => share * value);
  });
  const adversarialFeatures = new Float32Array(n * features);
  const adversarialLogits = new Float32Array(n * classes);
  for (let i = 0; i < n; i += 1) {
    const towards = centres[1 + Math.floor(random.float() * (classes - 1))];
    const reach = ATTACK_REACH * random.float();
    const own = normals(random, features).map((value, j) => NOISE * value + centres[0][j]);
    for (const direction of directions) {
      const [amount] = normals(random, 1);
      for (let j = 0; j < features; j += 1) own[j] += (amount / Math.sqrt(FACTORS)) * direction[j];
    }
    const attacked = rectified(own.map((value, j) => value + reach * (towards[j] - value)));
    adversarialFeatures.set(attacked, i * features);
    adversarialLogits.set(logits(attacked, centres), i * classes);
  }
  const labels = new Uint16Array(n);
  return { examples: n, classes, features, labels, adversarialLogits, adversarialFeatures };
}

/** Of the layer 2 c·x − ‖c‖², scaled so that predictions are neither even nor certain. */
function logits(input: Float64Array, centres: readonly Float64Array[]): Float64Array {
  const scale = 1 / Math.sqrt(input.length);
  return Float64Array.from(centres, (centre) =>
    centre.reduce((sum, value, j) => sum + scale * value * (2 * input[j] - value), 0),
  );
}
