import type { Evaluation } from '../../proto/gen/winnow/v1/run_pb.ts';

/** A model that is kept for its accuracy on held-out examples. */
export interface KeptModel {
  /** From 0. */
  readonly epoch: number;
  /** Its accuracy on held-out examples. */
  readonly validation: Evaluation;
  /** Its safetensors file. */
  readonly file: Uint8Array;
}

/**
 * Keeps the model with the highest robust accuracy on held-out examples, the earlier one of equals; robust accuracy
 * often falls again late in training (Rice 2020, arXiv 2002.11569). It stays in memory, and in the run's state: a file
 * in the store for every improvement would take other runs' bounded space.
 */
export class BestSoFar {
  #kept: KeptModel | undefined;

  /** Goes on from the best one so far, where given. */
  constructor(kept?: KeptModel) {
    this.#kept = kept;
  }

  /** The best model of those offered; none where no robust accuracy was a number. */
  get kept(): KeptModel | undefined {
    return this.#kept;
  }

  /** Takes a model if it is better; only then is its file made. */
  offer(epoch: number, validation: Evaluation, makeFile: () => Uint8Array): void {
    const best = this.#kept?.validation.robustAccuracy ?? Number.NEGATIVE_INFINITY;
    // no comparison with NaN holds
    if (validation.robustAccuracy > best) this.#kept = { epoch, validation, file: makeFile() };
  }
}
