/** Examples of each class, in label order. */
export function classCounts(labels: ArrayLike<number>, classes: number): Uint32Array {
  const counts = new Uint32Array(classes);
  for (let i = 0; i < labels.length; i += 1) counts[labels[i]] += 1;
  return counts;
}

/**
 * Splits k over groups of the given sizes in proportion, by largest remainder: Σ = k exactly, no group above its size,
 * each within one of k·n_c/N. Ties go to the lower group; empty groups get 0. Needs k ≤ N.
 */
export function proportionalBudgets(counts: Uint32Array, k: number): Uint32Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (k > total) throw new RangeError(`${k} can't be taken from ${total}`);
  const budgets = counts.map((count) => (total === 0 ? 0 : Math.floor((k * count) / total)));
  // The numerators of the fractional parts: whole numbers, so that equal remainders are equal.
  const remainders = Array.from(counts, (count) => (total === 0 ? 0 : (k * count) % total));
  return giveRemainder(budgets, remainders, k);
}

/** Fractions this near to the next whole number are rounding errors of the targets. */
const WHOLE = 1e-9;

/**
 * Splits k over groups close to `targets` (real numbers that add up to k, none above its group's size), no group below
 * its floor: floors first, the rest in proportion to what the targets exceed them by, by largest remainder. Σ = k
 * exactly, no group above its target rounded up.
 */
export function budgetsNear(targets: Float64Array, floors: Uint32Array, k: number): Uint32Array {
  const excesses = targets.map((target, group) => Math.max(0, target - floors[group]));
  const total = excesses.reduce((sum, excess) => sum + excess, 0);
  const open = k - floors.reduce((sum, floor) => sum + floor, 0);
  const shares = excesses.map((excess) => (total === 0 ? 0 : (open * excess) / total));
  const budgets = floors.map((floor, group) => floor + Math.floor(shares[group] + WHOLE));
  const remainders = Array.from(shares, (share) => share - Math.floor(share + WHOLE));
  return giveRemainder(budgets, remainders, k);
}

/** Gives what k exceeds the budgets by to the groups of largest remainder, one each, the lower one in a tie. */
function giveRemainder(budgets: Uint32Array, remainders: readonly number[], k: number): Uint32Array {
  const missing = k - budgets.reduce((sum, budget) => sum + budget, 0);
  const order = remainders.map((_, group) => group).sort((a, b) => remainders[b] - remainders[a] || a - b);
  for (const group of order.slice(0, missing)) budgets[group] += 1;
  return budgets;
}

/**
 * The least number of examples each class keeps: `classFloor` (in [0,1]) of its proportional budget, rounded up. As
 * budgets are whole and add up to k, floors never ask for more than k.
 */
export function classFloors(counts: Uint32Array, k: number, classFloor: number): Uint32Array {
  return proportionalBudgets(counts, k).map((budget) => Math.ceil(classFloor * budget));
}
