import { checkCancelled } from './cancellation.ts';
import type { Solution } from './per-class.ts';

/** Gains computed between two looks at cancellation: a few milliseconds for the largest problems. */
const GAINS_PER_CHECK = 512;

const NOBODY = -1;

/**
 * Greedy facility location: k of n examples with small Σ_i min_{j∈S} d_ij, given n x n distances (row-major, 0 on the
 * diagonal, whole numbers for exact ties). Each pick lowers the sum most; in a tie, which any two examples nearest to
 * each other make, the one nearer to all comes first, then the lower index. The first pick is the medoid. Lazy (Minoux
 * 1978): gains only shrink, so an old gain is a bound, and the best bound is recomputed until it is up to date, with the
 * same picks as plain greedy. Weights are cluster sizes: each example belongs to itself if chosen, else to the nearest
 * chosen one (the lower index in a tie), so that weights are 1 or more and add up to n.
 *
 * Scores are gains, of a chosen example when it was chosen, of any other in the end: by how much it lowers the mean
 * distance to the nearest chosen one, as a share of the largest distance, which stands for having none. They fall from
 * pick to pick and end at those not chosen. With k = 0 none is chosen. @throws AppError CANCELLED.
 */
export async function locateFacilities(
  distances: Float32Array,
  examples: number,
  k: number,
  signal?: AbortSignal,
): Promise<Solution> {
  if (k < 0 || k > examples) throw new RangeError(`k is ${k}; 0 to ${examples} is possible`);
  const row = (example: number) => distances.subarray(example * examples, (example + 1) * examples);
  const closeness = Float64Array.from({ length: examples }, (_, i) => row(i).reduce((sum, value) => sum - value, 0));
  const farthest = distances.reduce((most, distance) => Math.max(most, distance), 0);
  const nearest = new Float32Array(examples).fill(farthest);
  // Gains in the order of closeness, so that the first pick needs no others: it is the medoid.
  const bounds = closeness.map((negativeSum) => farthest * examples + negativeSum);
  const upToDate = new Uint32Array(examples);
  const scores = new Float64Array(examples);
  const chosen: number[] = [];
  let gains = 0;
  const bringUpToDate = async (example: number) => {
    bounds[example] = gain(nearest, row(example));
    upToDate[example] = chosen.length;
    gains += 1;
    if (gains % GAINS_PER_CHECK === 0) await checkCancelled(signal);
  };
  while (chosen.length < k) {
    const best = highest(bounds, closeness);
    if (upToDate[best] !== chosen.length) {
      await bringUpToDate(best);
      continue;
    }
    scores[best] = bounds[best];
    chosen.push(best);
    bounds[best] = -Infinity;
    approach(nearest, row(best));
  }
  for (const example of bounds.keys()) {
    if (bounds[example] === -Infinity) continue;
    if (upToDate[example] !== chosen.length) await bringUpToDate(example);
    scores[example] = bounds[example];
  }
  const largest = farthest * examples || 1;
  const indices = Uint32Array.from(chosen).sort();
  const weights = clusterSizes(distances, examples, indices);
  return { indices, weights, scores: scores.map((score) => score / largest) };
}

/** Index of the highest value; in a tie that with the higher of the other values, then the lower index. */
function highest(values: Float64Array, inTie: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i += 1) {
    if (values[i] > values[best] || (values[i] === values[best] && inTie[i] > inTie[best])) best = i;
  }
  return best;
}

/** How much Σ_i min d_i falls with one more facility. */
function gain(nearest: Float32Array, row: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < nearest.length; i += 1) sum += Math.max(0, nearest[i] - row[i]);
  return sum;
}

function approach(nearest: Float32Array, row: Float32Array): void {
  for (let i = 0; i < nearest.length; i += 1) nearest[i] = Math.min(nearest[i], row[i]);
}

/** How many examples each facility stands for. */
function clusterSizes(distances: Float32Array, examples: number, facilities: Uint32Array): Uint32Array {
  const owner = new Int32Array(examples).fill(NOBODY);
  const nearest = new Float32Array(examples).fill(Infinity);
  facilities.forEach((facility, f) => {
    for (let i = 0; i < examples; i += 1) {
      const distance = distances[facility * examples + i];
      if (distance < nearest[i]) {
        nearest[i] = distance;
        owner[i] = f;
      }
    }
  });
  facilities.forEach((facility, f) => {
    owner[facility] = f;
  });
  const sizes = new Uint32Array(facilities.length);
  for (const f of owner) sizes[f] += 1;
  return sizes;
}
