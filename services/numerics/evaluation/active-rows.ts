import { tf } from '../backend.ts';
import { takeRows } from './evaluation-batch.ts';

/**
 * Share of finished rows from which on they are taken off the device. Not at once, since each new batch size makes a
 * GPU choose its algorithms anew.
 */
const DROP_SHARE = 0.25;

/** What an attack knows about a row on the host. */
export interface Row {
  /** True once nothing is left to find. */
  done: boolean;
}

/**
 * The rows of a batch under attack, with tensors [n,...] on the device that belong to them. Finished rows leave, so
 * that the device works on those only that stand. Lives within one tf.tidy, which frees what is left.
 */
export class ActiveRows<T extends Record<string, tf.Tensor> & { best: tf.Tensor4D }, R extends Row> {
  rows: R[];
  readonly tensors: T;
  #places: number[];
  readonly #finished: { readonly places: number[]; readonly images: tf.Tensor4D }[] = [];

  /** Takes over the tensors; `best` is what join() gives back. */
  constructor(tensors: T, rows: R[]) {
    this.tensors = tensors;
    this.rows = rows;
    this.#places = [...rows.keys()];
  }

  /** True once every row is done. */
  get allDone(): boolean {
    return this.rows.every(({ done }) => done);
  }

  /** Puts new tensors in the place of old ones, which are freed unless another name still holds them. */
  update(next: Partial<T>): void {
    const replaced = Object.keys(next).map((name) => this.tensors[name]);
    Object.assign(this.tensors, next);
    const held = new Set(Object.values(this.tensors));
    for (const tensor of replaced) if (!held.has(tensor)) tensor.dispose();
  }

  /** Takes finished rows off the device where it is worth it. */
  dropDone(): void {
    const done = this.#rowsWhere(true);
    const left = this.#rowsWhere(false);
    if (left.length === 0 || done.length < DROP_SHARE * this.rows.length) return;
    this.#finished.push({ places: done.map((row) => this.#places[row]), images: takeRows(this.tensors.best, done) });
    const kept = Object.entries(this.tensors).map(([name, tensor]) => [name, takeRows(tensor, left)]);
    this.update(Object.fromEntries(kept) as Partial<T>);
    this.rows = left.map((row) => this.rows[row]);
    this.#places = left.map((row) => this.#places[row]);
  }

  /** `best` of all rows, each at its first place. */
  join(): tf.Tensor4D {
    const parts = [...this.#finished, { places: this.#places, images: this.tensors.best }];
    const order: number[] = [];
    for (const [at, place] of parts.flatMap(({ places }) => places).entries()) order[place] = at;
    return tf.tidy(() => takeRows(tf.concat(parts.map(({ images }) => images)), order));
  }

  #rowsWhere(done: boolean): number[] {
    return [...this.rows.keys()].filter((row) => this.rows[row].done === done);
  }
}

/** One value per row, to be multiplied with images: [N,1,1,1]. */
export function perRow(values: readonly number[]): tf.Tensor4D {
  return tf.tensor4d(Float32Array.from(values), [values.length, 1, 1, 1]);
}

/** Rows of `a` where chosen, else of `b`; `b` itself where no row is. */
export function chooseRows<T extends tf.Tensor>(chosen: readonly boolean[], a: T, b: T): T {
  if (!chosen.includes(true)) return b;
  return tf.tidy(() => {
    const mask = tf.tensor(Uint8Array.from(chosen, Number), [chosen.length, ...b.shape.slice(1).map(() => 1)], 'bool');
    return tf.where(mask, a, b) as T;
  });
}

/** Largest absolute value of each row of a difference of images, [N]. */
export function distances(a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor1D {
  return tf.tidy(() => tf.max(tf.abs(tf.sub(a, b)), [1, 2, 3]) as tf.Tensor1D);
}
