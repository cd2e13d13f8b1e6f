import { classShares, classSizes } from './subset.ts';

/** How the examples read of a training split fall into those trained on and those held out. */
export interface TrainingParts {
  /** Indices of both, ascending: what to read. */
  readonly read: Uint32Array;
  /** Places in `read` of the examples trained on, ascending. */
  readonly train: Uint32Array;
  /** Places in `read` of the examples held out, ascending. */
  readonly validation: Uint32Array;
}

/**
 * Parts of a training split, class shares kept in both. With `train` above 0 the first ones of every class are trained on,
 * and those that follow them in their class are held out. With 0 the last ones of every class are held out, and all others
 * are trained on. RangeError where there are fewer than `train + validation` examples.
 */
export function trainingParts(labels: Uint16Array, train: number, validation: number): TrainingParts {
  if (train + validation > labels.length) {
    throw new RangeError(`${train} + ${validation} examples asked of ${labels.length}`);
  }
  const sizes = classSizes(labels);
  const asked = train > 0 ? classShares(sizes, train) : undefined;
  const room = sizes.map((size, label) => size - (asked?.[label] ?? 0));
  const heldOut = classShares(sizes, validation, room);
  return divide(labels, asked ?? sizes.map((size, label) => size - heldOut[label]), heldOut);
}

/** The first `trained` examples of every class, and the `heldOut` ones after them. */
function divide(labels: Uint16Array, trained: readonly number[], heldOut: readonly number[]): TrainingParts {
  const [read, train, validation]: number[][] = [[], [], []];
  const seen = trained.map(() => 0);
  labels.forEach((label, index) => {
    const place = seen[label]++;
    if (place >= trained[label] + heldOut[label]) return;
    (place < trained[label] ? train : validation).push(read.length);
    read.push(index);
  });
  return { read: Uint32Array.from(read), train: Uint32Array.from(train), validation: Uint32Array.from(validation) };
}
