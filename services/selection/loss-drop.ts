import { budgetsNear, classCounts, classFloors } from './balance.ts';
import { shuffled } from './shuffled.ts';

export interface LossDropOptions {
  /** Examples to keep, 1 to N. */
  readonly k: number;
  readonly labels: Uint16Array;
  readonly classes: number;
  readonly classFloor: number;
  /** Highest probability at which an example below the mean loss is dropped, in [0,1). */
  readonly maxDrop: number;
  random(): number;
}

/** Probabilities of keeping an example at or above the mean loss and one below it. */
export interface KeepRates {
  readonly hard: number;
  readonly easy: number;
}

/**
 * The rates that keep k of `hard` + `easy` examples on average. The easy ones are dropped with r = (N − k) / easy. Where
 * that exceeds `maxDrop`, r is `maxDrop`, and what is missing is dropped from all alike: then hard ones are kept at
 * s = k / (hard + (1 − r)·easy), easy ones at s·(1 − r).
 */
export function keepRates(hard: number, easy: number, k: number, maxDrop: number): KeepRates {
  const exact = easy === 0 ? 0 : (hard + easy - k) / easy;
  if (exact <= maxDrop && easy > 0) return { hard: 1, easy: 1 - exact };
  const share = k / (hard + (1 - maxDrop) * easy);
  return { hard: share, easy: share * (1 - maxDrop) };
}

/**
 * InfoBatch's soft pruning (Qin 2024) at exact k: examples below the mean loss are dropped at random, see `keepRates`,
 * and a kept example weighs 1 / (its probability of being kept), so that Σ w l is the whole loss on average. With a
 * class floor, classes are drawn from one by one, at budgets near what the rates ask for; weights make up for the
 * difference, and only a class whose budget is 0 is missing from the average.
 */
export function selectLossDrop(losses: Float64Array, options: LossDropOptions) {
  const { k, classFloor, labels, classes, maxDrop, random } = options;
  if (k < 1 || k > losses.length) throw new RangeError(`k is ${k}; 1 to ${losses.length} is possible`);
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  const groups = classFloor > 0 ? classes : 1;
  const groupOf = (index: number) => (classFloor > 0 ? labels[index] : 0);
  const hard = new Uint32Array(groups);
  const easy = new Uint32Array(groups);
  losses.forEach((loss, i) => {
    (loss < mean ? easy : hard)[groupOf(i)] += 1;
  });
  const budgets = groups === 1 ? Uint32Array.of(k) : classBudgets(hard, easy, options);
  const rates = Array.from(budgets, (budget, group) => keepRates(hard[group], easy[group], budget, maxDrop));
  const easyLeft = Array.from(budgets, (budget, g) => drawEasy(rates[g].easy, hard[g], easy[g], budget, random()));
  const hardLeft = Array.from(budgets, (budget, g) => budget - easyLeft[g]);
  const kept = shuffled(losses.length, random).filter((index) => {
    const left = losses[index] < mean ? easyLeft : hardLeft;
    left[groupOf(index)] -= 1;
    return left[groupOf(index)] >= 0;
  });
  const indices = kept.sort();
  const rateOf = (index: number) => rates[groupOf(index)][losses[index] < mean ? 'easy' : 'hard'];
  return { indices, weights: Float32Array.from(indices, (index) => 1 / rateOf(index)) };
}

/** Each class's share of k at the rates of the whole set, no class below its floor. */
function classBudgets(
  hard: Uint32Array,
  easy: Uint32Array,
  { k, labels, classes, classFloor, maxDrop }: LossDropOptions,
): Uint32Array {
  const sum = (counts: Uint32Array) => counts.reduce((total, count) => total + count, 0);
  const rates = keepRates(sum(hard), sum(easy), k, maxDrop);
  const targets = Float64Array.from(hard, (count, group) => count * rates.hard + easy[group] * rates.easy);
  return budgetsNear(targets, classFloors(classCounts(labels, classes), k, classFloor), k);
}

/** How many of a budget are easy: easy·rate, rounded up or down at random so that it holds on average. */
function drawEasy(rate: number, hard: number, easy: number, budget: number, draw: number): number {
  const rounded = Math.floor(easy * rate + draw);
  // Rounding errors must not ask for more than there are.
  return Math.max(budget - hard, Math.min(rounded, easy, budget));
}
