import { tf } from '../backend.ts';
import { type FrozenNetwork, withFrozen } from '../models/frozen-network.ts';
import type { AttackPolicy, GroupCounts, PolicyContext } from './attack-policy.ts';
import { type AttackBatch, attackFrozen, type Budget } from './craft.ts';

/** How Bullet-Train spends its steps. */
export interface BulletTrainOptions {
  /** The attack of boundary examples: the objective's own. */
  readonly boundary: Budget;
  /** The attack of robust examples; published: 2 steps of 6/255. */
  readonly robust: Budget;
  /** Robust accuracy is scaled by this before it sets the threshold; published: 0.8. */
  readonly gamma: number;
  /** Mini-batches attacked together, so that small groups don't leave the device idle. */
  readonly poolBatches: number;
}

/** Share of the old value that the running accuracies keep (published). */
const DECAY = 0.9;

const GROUPS = ['outlier', 'boundary', 'robust'] as const;
type Group = (typeof GROUPS)[number];

/** The q-quantile of values, by linear interpolation between neighbours as NumPy and PyTorch have it; q in [0,1]. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}

/** Standard deviation of the softmax of each row (unbiased, as torch.std), negative where the prediction is wrong. */
function signedConfidence(logits: tf.Tensor2D, oneHot: tf.Tensor2D): number[] {
  return tf.tidy(() => {
    const { variance } = tf.moments(tf.softmax(logits), -1);
    const classes = logits.shape[1];
    const deviation = tf.sqrt(tf.mul(variance, classes / (classes - 1)));
    const correct = tf.equal(tf.argMax(logits, -1), tf.argMax(oneHot, -1)).cast('float32');
    return [...tf.mul(deviation, tf.sub(tf.mul(correct, 2), 1)).dataSync()];
  });
}

/**
 * Bullet-Train (Hua 2021, arXiv 2109.14707): examples that are wrong already are not attacked, robust ones only a
 * little, those near the boundary in full. A clean forward pass decides: v = +-std(softmax); the threshold between
 * boundary and robust is the quantile of v at 1 - the running robust accuracy.
 */
export class BulletTrain implements AttackPolicy {
  readonly poolBatches: number;
  readonly #options: BulletTrainOptions;
  readonly #counts: Record<Group, number> = { outlier: 0, boundary: 0, robust: 0 };
  #robustAccuracy = 0;
  #outlierShare = 0.9;

  /** Goes on from `state` where one is given. */
  constructor(options: BulletTrainOptions, state: Readonly<Record<string, number>> = {}) {
    this.#options = options;
    this.poolBatches = options.poolBatches;
    this.#robustAccuracy = state.robustAccuracy ?? this.#robustAccuracy;
    this.#outlierShare = state.outlierShare ?? this.#outlierShare;
  }

  attack(batch: AttackBatch, context: PolicyContext): tf.Tensor4D {
    return withFrozen(context.model, (network) => this.#attackAll(network, batch, context));
  }

  #attackAll(network: FrozenNetwork, batch: AttackBatch, context: PolicyContext): tf.Tensor4D {
    return tf.tidy(() => {
      context.passes?.forward(batch.images.shape[0]);
      const cleanLogits = network.forward(batch.images).logits;
      const groups = this.#divide(signedConfidence(cleanLogits, batch.oneHot));
      const parts = GROUPS.filter((group) => groups[group].length > 0).map((group) => ({
        rows: groups[group],
        images: this.#attackGroup(network, group, groups[group], { ...batch, cleanLogits }, context),
      }));
      return joinRows(parts);
    });
  }

  observe(correct: number, examples: number): void {
    this.#robustAccuracy = DECAY * this.#robustAccuracy + (1 - DECAY) * this.#options.gamma * (correct / examples);
  }

  takeCounts(): GroupCounts {
    const counts = { ...this.#counts };
    for (const group of GROUPS) this.#counts[group] = 0;
    return counts;
  }

  state(): Readonly<Record<string, number>> {
    return { robustAccuracy: this.#robustAccuracy, outlierShare: this.#outlierShare };
  }

  #divide(confidences: readonly number[]): Record<Group, number[]> {
    const share = Math.min(1, Math.max(0, 1 - this.#robustAccuracy));
    const threshold = Math.max(0, quantile(confidences, share));
    const groups: Record<Group, number[]> = { outlier: [], boundary: [], robust: [] };
    for (const [row, v] of confidences.entries()) {
      groups[v < 0 ? 'outlier' : v <= threshold ? 'boundary' : 'robust'].push(row);
    }
    for (const group of GROUPS) this.#counts[group] += groups[group].length;
    this.#outlierShare = DECAY * this.#outlierShare + (1 - DECAY) * (groups.outlier.length / confidences.length);
    return groups;
  }

  #attackGroup(
    network: FrozenNetwork,
    group: Group,
    rows: readonly number[],
    batch: AttackBatch,
    { objective, seed, ...options }: PolicyContext,
  ): tf.Tensor4D {
    const at = tf.tensor1d([...rows], 'int32');
    const images = tf.gather(batch.images, at);
    if (group === 'outlier') return images;
    const part = { images, oneHot: tf.gather(batch.oneHot, at), cleanLogits: tf.gather(batch.cleanLogits!, at) };
    return attackFrozen(network, objective, part, this.#options[group], seed, options);
  }
}

/** Puts the rows of several tensors back into one, each where it was. */
function joinRows(parts: readonly { readonly rows: readonly number[]; readonly images: tf.Tensor4D }[]): tf.Tensor4D {
  const order = parts.flatMap(({ rows }) => rows);
  const places = new Int32Array(order.length);
  for (const [place, row] of order.entries()) places[row] = place;
  return tf.gather(tf.concat(parts.map(({ images }) => images)), tf.tensor1d(places, 'int32'));
}
