import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ExampleRoundSchema } from '../../proto/gen/winnow/v1/scoring_service_pb.ts';
import type { Subset } from '../index-set/check-index-set.ts';

/** Labels of N examples. */
export interface Labelled {
  readonly labels: Uint16Array;
  readonly classes: number;
}

/** Number of examples of each class among the given ones. */
function countPerClass(indices: Iterable<number>, { labels, classes }: Labelled): Uint32Array {
  const counts = new Uint32Array(classes);
  for (const index of indices) counts[labels[index]] += 1;
  return counts;
}

/** What one round did with any example. */
export class RoundView {
  readonly #round: number;
  readonly #labelled: Labelled;
  readonly #weights: ReadonlyMap<number, number>;
  readonly #scores: Float32Array | undefined;
  readonly #classExamples: Uint32Array;
  readonly #classKept: Uint32Array;
  /** Scores of a class in ascending order, once they were asked for. */
  readonly #sorted = new Map<number, Float32Array>();

  /** `scores` has one value per example, where they are still there. */
  constructor(round: number, { indices, weights }: Subset, labelled: Labelled, scores: Float32Array | undefined) {
    this.#round = round;
    this.#labelled = labelled;
    this.#scores = scores;
    this.#weights = new Map(Array.from(indices, (index, i) => [index, weights?.[i] ?? 1]));
    this.#classExamples = countPerClass(labelled.labels.keys(), labelled);
    this.#classKept = countPerClass(indices, labelled);
  }

  /** Its fate, weight, score and rank in its class. Equal scores share the better rank. */
  of(index: number): MessageInitShape<typeof ExampleRoundSchema> {
    const label = this.#labelled.labels[index];
    const score = this.#scores?.[index];
    return {
      round: this.#round,
      kept: this.#weights.has(index),
      weight: this.#weights.get(index) ?? 0,
      ...(score !== undefined && { score, rank: this.#rank(label, score) }),
      classExamples: this.#classExamples[label],
      classKept: this.#classKept[label],
    };
  }

  #rank(label: number, score: number): number {
    const sorted = this.#sorted.get(label) ?? this.#sort(label);
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] > score) high = middle;
      else low = middle + 1;
    }
    return sorted.length - low + 1;
  }

  #sort(label: number): Float32Array {
    const { labels } = this.#labelled;
    const sorted = this.#scores!.filter((_, index) => labels[index] === label).sort();
    this.#sorted.set(label, sorted);
    return sorted;
  }
}
