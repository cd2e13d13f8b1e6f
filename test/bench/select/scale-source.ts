import type { GradientSource } from '../../../services/selection/gradient-source.ts';
import { type RankOneGradients, rankOneGradients } from '../../../services/selection/gradients.ts';
import type { GradientObjective } from '../../../services/selection/objective.ts';
import type { ExampleSignals } from '../../../services/selection/signals.ts';

const UINT32_RANGE = 2 ** 32;

/** A number in [0, 1) for every whole number: the finaliser of MurmurHash3, as a table would be too large. */
function hashed(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / UINT32_RANGE;
}

/** Whitens one stream of hashes from the next. */
const STREAM = 0x9e3779b9;
/** Spread of synthetic logits, and by how much that of the label leads. */
const LOGIT_SPREAD = 2;
const LABEL_LEAD = 4;

/** What a scale is made of. */
export interface Scale {
  readonly examples: number;
  readonly classes: number;
  readonly features: number;
  /** Examples of each class that is present. */
  readonly classSize: number;
}

/** Label of an example; classes come one after another. */
export function scaleLabel({ classSize }: Scale, index: number): number {
  return Math.floor(index / classSize);
}

/** Attacked logits and embeddings of the given examples, each from its index alone. */
export function scaleSignals(scale: Scale, indices: Uint32Array): ExampleSignals {
  const { classes, features } = scale;
  const labels = Uint16Array.from(indices, (index) => scaleLabel(scale, index));
  const adversarialLogits = new Float32Array(indices.length * classes);
  const adversarialFeatures = new Float32Array(indices.length * features);
  indices.forEach((index, i) => {
    const own = Math.imul(index + 1, STREAM);
    for (let c = 0; c < classes; c += 1) adversarialLogits[i * classes + c] = LOGIT_SPREAD * hashed(own ^ c);
    adversarialLogits[i * classes + labels[i]] += LABEL_LEAD * hashed(own ^ classes);
    const centre = Math.imul(labels[i] + 1, ~STREAM);
    for (let j = 0; j < features; j += 1) {
      adversarialFeatures[i * features + j] = hashed(centre + j) + hashed(~own + j) - 0.5;
    }
  });
  return { examples: indices.length, classes, features, labels, adversarialLogits, adversarialFeatures };
}

/** A scale's gradients, made when they are asked for; `seconds` counts what making the signals took. */
export function scaleSource(scale: Scale, objective: GradientObjective): GradientSource & { seconds: number } {
  const { examples, classes, features } = scale;
  const source = {
    examples,
    classes,
    features,
    seconds: 0,
    take(indices: Uint32Array): RankOneGradients {
      const started = performance.now();
      const signals = scaleSignals(scale, indices);
      source.seconds += (performance.now() - started) / 1000;
      return rankOneGradients(signals, objective);
    },
  };
  return source;
}
