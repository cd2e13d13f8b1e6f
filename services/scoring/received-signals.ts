import type { ExampleBatch } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { invalidField } from '../app-error.ts';
import type { GradientObjective } from '../selection/objective.ts';
import type { ExampleSignals } from '../selection/signals.ts';
import { checkBatch, wantedFields } from './check-batch.ts';
import { type SignalField, widthOf } from './signal-fields.ts';
import type { SignalsTask } from './signals-setting.ts';

/** What a selection reads of N examples: labels, and one number for each or the signals themselves. */
export interface Received {
  /** A matrix that is not read is empty. */
  readonly signals: ExampleSignals;
  /** What the selector's reduction made of the signals, N values; then of `signals` only labels are there. */
  readonly reduced?: Float64Array;
}

type Matrices = Partial<Record<SignalField['key'], Float32Array>>;

const NONE = new Float32Array(0);

/** The outer loss with its weights. */
export function gradientObjective({ objective }: Pick<SignalsTask, 'objective'>): GradientObjective {
  const { kind, beta = 0, lambda = 0 } = objective;
  return { kind, beta, lambda };
}

/** Gathers the batches of a stream of signals; reduces them as they come where the selector reads one number for each. */
export class ReceivedSignals {
  readonly #task: SignalsTask;
  readonly #labels: Uint16Array;
  readonly #reduced: Float64Array | undefined;
  readonly #matrices: Matrices = {};
  #wanted: SignalField[] | undefined;
  #done = 0;

  constructor(task: SignalsTask) {
    this.#task = task;
    this.#labels = new Uint16Array(task.examples);
    this.#reduced = task.scorer.reduction && new Float64Array(task.examples);
  }

  /** Examples taken so far. */
  get done(): number {
    return this.#done;
  }

  /** Takes the next batch. INVALID_FIELD below `batch`. */
  add(batch: ExampleBatch): void {
    const wanted = this.#wanted ?? this.#begin(batch);
    checkBatch(batch, this.#done, this.#task, wanted);
    this.#labels.set(batch.labels, this.#done);
    if (this.#reduced) this.#reduced.set(this.#reduce(batch, wanted), this.#done);
    else this.#store(batch, wanted);
    this.#done += batch.labels.length;
  }

  /** All of it. INVALID_FIELD (batch) where examples are missing. */
  finish(): Received {
    const { examples } = this.#task;
    if (this.#done < examples) {
      throw invalidField('batch', `the stream ended after ${this.#done} examples; setting.examples is ${examples}`);
    }
    const signals = this.#signals(this.#labels, this.#matrices);
    return this.#reduced ? { signals, reduced: this.#reduced } : { signals };
  }

  #begin(first: ExampleBatch): SignalField[] {
    this.#wanted = wantedFields(this.#task, first);
    if (this.#reduced) return this.#wanted;
    for (const field of this.#wanted) {
      this.#matrices[field.key] = new Float32Array(this.#task.examples * widthOf(field, this.#task));
    }
    return this.#wanted;
  }

  #reduce(batch: ExampleBatch, wanted: readonly SignalField[]): Float64Array {
    const matrices: Matrices = Object.fromEntries(wanted.map(({ key }) => [key, Float32Array.from(batch[key])]));
    const signals = this.#signals(Uint16Array.from(batch.labels), matrices);
    return this.#task.scorer.reduction!.of({ signals, objective: gradientObjective(this.#task) });
  }

  #store(batch: ExampleBatch, wanted: readonly SignalField[]): void {
    for (const field of wanted)
      this.#matrices[field.key]!.set(batch[field.key], this.#done * widthOf(field, this.#task));
  }

  #signals(labels: Uint16Array, matrices: Matrices): ExampleSignals {
    const { classes, features } = this.#task;
    const empty = { adversarialLogits: NONE, adversarialFeatures: NONE };
    return { examples: labels.length, classes, features, labels, ...empty, ...matrices };
  }
}
