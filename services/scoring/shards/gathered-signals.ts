import type { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { ExampleSignals } from '../../selection/signals.ts';
import { neededArrays, type Rows } from './shard-file.ts';

/** What several replicas measured of all training examples, and what that took. */
export interface GatheredSignals {
  readonly signals: ExampleSignals;
  /** From the first request until the last answer, as the round waited for it. */
  readonly seconds: number;
  readonly forwardPasses: number;
  readonly backwardPasses: number;
}

type Arrays = Partial<Record<Rows['field'], Float32Array>>;

/** Room for the signals of all examples, filled shard by shard in any order. */
export class SignalRoom {
  readonly #labels: Uint16Array;
  readonly #classes: number;
  readonly #arrays: Arrays = {};
  #features = 0;

  constructor(labels: Uint16Array, classes: number) {
    this.#labels = labels;
    this.#classes = classes;
  }

  /** Puts the rows of consecutive examples in their place. A RangeError where they are as wide as no others were. */
  put(first: number, shard: readonly Rows[]): void {
    for (const { field, width, values } of shard) {
      this.#checkWidth(field, width);
      this.#arrays[field] ??= new Float32Array(this.#labels.length * width);
      this.#arrays[field].set(values, first * width);
    }
  }

  /** The signals, once every shard was put. */
  signals(): ExampleSignals {
    const none = new Float32Array(0);
    return {
      examples: this.#labels.length,
      classes: this.#classes,
      features: this.#features,
      labels: this.#labels,
      cleanLogits: none,
      adversarialLogits: none,
      cleanFeatures: none,
      adversarialFeatures: none,
      ...this.#arrays,
    };
  }

  #checkWidth(field: Rows['field'], width: number): void {
    const isLogits = field === 'cleanLogits' || field === 'adversarialLogits';
    if (!isLogits) this.#features ||= width;
    const expected = isLogits ? this.#classes : this.#features;
    if (width !== expected) throw new RangeError(`${field} of a shard are ${width} wide, not ${expected}`);
  }
}

/** Whether signals were gathered of everything that is needed. */
export function holdsAll({ signals }: GatheredSignals, needed: readonly Signal[]): boolean {
  return neededArrays(needed).every(({ field }) => (signals[field]?.length ?? 0) > 0);
}

/** Buffers of gathered signals, for who hands them over. */
export function gatheredBuffers({ signals }: GatheredSignals): ArrayBuffer[] {
  const { cleanLogits, adversarialLogits, cleanFeatures, adversarialFeatures } = signals;
  const arrays = [cleanLogits, adversarialLogits, cleanFeatures, adversarialFeatures];
  return arrays.flatMap((array) => (array && array.length > 0 ? [array.buffer as ArrayBuffer] : []));
}
