import { classCounts, classFloors } from './balance.ts';

export interface RankOptions {
  /** N labels in [0, classes); not read without a class floor. */
  readonly labels: Uint16Array;
  readonly classes: number;
  /** Least share of its proportional budget that a class keeps, in [0,1]; see `classFloors`. */
  readonly classFloor: number;
}

/**
 * The k highest scores, ties to the lower index: first every class's best up to its floor, then the best of the rest.
 * @returns k indices in ascending order.
 */
export function selectTop(scores: Float64Array, k: number, options: RankOptions): Uint32Array {
  if (k < 1 || k > scores.length) throw new RangeError(`k is ${k}; 1 to ${scores.length} is possible`);
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b);
  const owed = floorsOf(k, options);
  const kept = new Uint32Array(k);
  let count = 0;
  const rest = order.filter((index) => {
    const label = options.labels[index];
    if (!owed[label]) return true;
    owed[label] -= 1;
    kept[count] = index;
    count += 1;
    return false;
  });
  kept.set(rest.subarray(0, k - count), count);
  return kept.sort();
}

function floorsOf(k: number, { labels, classes, classFloor }: RankOptions): Uint32Array {
  return classFloor > 0 ? classFloors(classCounts(labels, classes), k, classFloor) : new Uint32Array(classes);
}

/**
 * k examples drawn uniformly without replacement, from `random` in [0,1) called once per example in index order; with a
 * class floor, uniformly among those the floor leaves open. @returns k indices in ascending order, and the N keys that
 * were drawn, of which the highest are kept.
 */
export function selectRandom(examples: number, k: number, random: () => number, options: RankOptions) {
  const keys = Float64Array.from({ length: examples }, random);
  return { indices: selectTop(keys, k, options), keys };
}
