import { constants } from 'node:buffer';
import { ErrorReason } from '../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError } from '../app-error.ts';
import { fieldsOf, widthOf } from './signal-fields.ts';
import type { SignalsTask } from './signals-setting.ts';

/** Beside the memory of each, a call holds up to 16 messages that arrived and were not read yet. */
const MOST_CALLS = 4;

const BYTES_PER_VALUE = 4;

/** A label, a score or reduced value, and the orders, keys and open indices that selectors keep of every example. */
const BYTES_PER_EXAMPLE = 128;

/** Errors of all logits, and features on the tensor device: as much again as is held. */
const COPIES = 2;

const MIB = 1024 * 1024;

/** About how many bytes a selection from signals takes at its peak, from its sizes alone. */
export function bytesOf(task: SignalsTask): number {
  const { examples, scorer } = task;
  const fields = scorer.reduction ? [] : fieldsOf(scorer.needed);
  const matrices = fields.map((field) => examples * widthOf(field, task) * BYTES_PER_VALUE);
  const largest = Math.max(0, ...matrices);
  // no array can be larger, whatever the limit
  if (largest > constants.MAX_LENGTH) return Number.POSITIVE_INFINITY;
  return examples * BYTES_PER_EXAMPLE + COPIES * matrices.reduce((sum, bytes) => sum + bytes, 0);
}

/** Keeps what all selections from signals hold together within a limit. */
export class SignalMemory {
  readonly #limit: number;
  #held = 0;
  #calls = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  /** Bytes that are reserved now. */
  get held(): number {
    return this.#held;
  }

  /** Takes the memory of one selection; returns how to give it back. OVERLOADED where it is not there. */
  reserve(task: SignalsTask): () => void {
    const bytes = bytesOf(task);
    if (bytes > this.#limit) throw this.#tooLarge(task, bytes);
    if (this.#calls >= MOST_CALLS) throw busy(`${MOST_CALLS} selections from signals are under way`);
    if (this.#held + bytes > this.#limit) {
      throw busy(`this one takes ${mib(bytes)}, others hold ${mib(this.#held)} of ${mib(this.#limit)}`);
    }
    this.#held += bytes;
    this.#calls += 1;
    let reserved = true;
    return () => {
      if (!reserved) return;
      reserved = false;
      this.#held -= bytes;
      this.#calls -= 1;
    };
  }

  #tooLarge({ examples, classes, features, scorer }: SignalsTask, bytes: number): AppError {
    const takes = Number.isFinite(bytes) ? `takes ${mib(bytes)}` : 'takes an array that is too large';
    return new AppError(
      ErrorReason.OVERLOADED,
      `selecting from ${examples} examples of ${classes} classes and ${features} features by '${scorer.name}' ${takes}, ` +
        `the limit is ${mib(this.#limit)} (WINNOW_SIGNALS_MEMORY); choose a scorer that reads no features, or select ` +
        'class by class',
    );
  }
}

const mib = (bytes: number) => `${Math.ceil(bytes / MIB)} MiB`;

function busy(what: string): AppError {
  return new AppError(ErrorReason.OVERLOADED, `the scoring service is busy: ${what}; try again later`);
}
