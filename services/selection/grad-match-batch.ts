import { classCounts, classFloors } from './balance.ts';
import { batchSums } from './batch-sums.ts';
import { checkCancelled } from './cancellation.ts';
import type { MatchingOptions } from './grad-match.ts';
import type { RankOneGradients } from './gradients.ts';
import { plainMatMul } from './matmul.ts';
import { orthogonalMatchingPursuit, type PursuitProblem, type PursuitResult } from './omp.ts';
import type { WeightedSubset } from './per-class.ts';
import { subsetResidual } from './quality.ts';
import { raiseKept } from './raise-kept.ts';
import { shuffled } from './shuffled.ts';
import { swapToFloors } from './swap-to-floors.ts';

export interface GradMatchBatchOptions extends MatchingOptions {
  /** Examples per mini-batch, 1 or more; the batches are made even, so that they may be a little smaller. */
  readonly batchSize: number;
  readonly classFloor: number;
  /** Uniform in [0,1); called once per example, to make up the batches. */
  random(): number;
}

/** More batches than this are merged: a pursuit's inner products take k·n float32, 64 MiB for so many. */
const MAX_BATCHES = 4096;

/** Examples in descending order of their batch's weight, each with its own weight. */
interface Ranking {
  readonly indices: Uint32Array;
  readonly weights: Float64Array;
  /** See `batchScores`. */
  readonly scores: BatchScores;
}

/** What spoke for every batch, per example in it: <mean gradient of the batch, unmatched part of the mean gradient>. */
interface BatchScores {
  /** When the batch was taken; NaN for one that wasn't. */
  readonly taken: Float64Array;
  /** When the last batch was taken. */
  readonly left: Float64Array;
}

/**
 * GRAD-MATCH per batch (Killamsetty 2021): random mini-batches, and weights, whose weighted gradients come closest to
 * the sum over the whole set. A batch brings all its examples at one weight. The batches of lowest weight are cut to
 * keep exactly k; what is left of a cut one stands for all of it. Classes below their floor get examples, and the
 * weights, of those kept last. @throws AppError CANCELLED.
 */
export async function selectGradMatchBatches(
  gradients: RankOneGradients,
  labels: Uint16Array,
  options: GradMatchBatchOptions,
): Promise<WeightedSubset> {
  const { examples } = gradients;
  const { k, classes, classFloor, matMul = plainMatMul, signal } = options;
  if (k < 1 || k > examples) throw new RangeError(`k is ${k}; 1 to ${examples} is possible`);
  await checkCancelled(signal);
  const order = shuffled(examples, options.random);
  const batches = cutEvenly(order, Math.min(MAX_BATCHES, Math.ceil(examples / options.batchSize)));
  const problem = withProgress(batchSums(gradients, batches, matMul), options, examples);
  const ranking = await rankBatches(batches, problem, options);
  const kept = ranking.indices.subarray(0, k);
  const waiting = new Set(order);
  for (const index of kept) waiting.delete(index);
  const floors = classFloors(classCounts(labels, classes), k, classFloor);
  const chosen = swapToFloors(kept, Uint32Array.from(waiting), labels, floors);
  const weightOf = new Map(Array.from(chosen, (index, i) => [index, ranking.weights[i]]));
  const indices = chosen.sort();
  const weights = Float32Array.from(indices, (index) => weightOf.get(index)!);
  options.onProgress?.(examples, examples);
  const scores = exampleScores(batches, ranking.scores, indices);
  return {
    indices,
    weights,
    residual: subsetResidual(gradients, indices, weights),
    scores: raiseKept(scores, indices, labels, classes),
  };
}

/** Batches of equal size, up to one. */
function cutEvenly(order: Uint32Array, count: number): Uint32Array[] {
  const start = (batch: number) => Math.floor((batch * order.length) / count);
  return Array.from({ length: count }, (_, batch) => order.subarray(start(batch), start(batch + 1)));
}

/** Chooses as many batches as k examples take and lists their examples, k or a few more. */
async function rankBatches(
  batches: readonly Uint32Array[],
  problem: PursuitProblem,
  { k, lambda, atomsPerRound, signal }: GradMatchBatchOptions,
): Promise<Ranking> {
  const smallest = batches.reduce((least, batch) => Math.min(least, batch.length), Infinity);
  const wanted = Math.min(batches.length, Math.ceil(k / smallest));
  const chosen = await orthogonalMatchingPursuit(problem, { k: wanted, lambda, atomsPerRound, signal });
  const ranked = Array.from(chosen.indices, (batch, i) => ({ batch: batches[batch], weight: chosen.weights[i] }));
  ranked.sort((a, b) => b.weight - a.weight);
  const indices: number[] = [];
  const weights: number[] = [];
  const scores = batchScores(batches, chosen);
  for (const { batch, weight } of ranked) {
    if (indices.length >= k) break;
    const keptShare = Math.min(1, (k - indices.length) / batch.length);
    for (const index of batch) {
      indices.push(index);
      weights.push(weight / keptShare);
    }
  }
  return { indices: Uint32Array.from(indices), weights: Float64Array.from(weights), scores };
}

function batchScores(batches: readonly Uint32Array[], { indices, gains, left }: PursuitResult): BatchScores {
  const examples = batches.reduce((sum, batch) => sum + batch.length, 0);
  const taken = new Float64Array(batches.length).fill(Number.NaN);
  indices.forEach((batch, i) => {
    taken[batch] = gains[i];
  });
  const perExample = (values: Float64Array) => values.map((value, b) => value / (batches[b].length * examples));
  return { taken: perExample(taken), left: perExample(left) };
}

/** A kept example has the score of its batch when that was taken, any other that of its batch in the end. */
function exampleScores(batches: readonly Uint32Array[], { taken, left }: BatchScores, kept: Uint32Array): Float64Array {
  const isKept = new Set(kept);
  const scores = new Float64Array(batches.reduce((sum, batch) => sum + batch.length, 0));
  batches.forEach((batch, b) => {
    for (const index of batch) scores[index] = isKept.has(index) && !Number.isNaN(taken[b]) ? taken[b] : left[b];
  });
  return scores;
}

/** The problem, telling the share of k that is done as batches are taken. */
function withProgress(
  problem: PursuitProblem,
  { k, batchSize, onProgress }: GradMatchBatchOptions,
  examples: number,
): PursuitProblem {
  let taken = 0;
  return {
    ...problem,
    gramRows(rows) {
      taken += rows.length;
      onProgress?.(Math.floor(Math.min(1, (taken * batchSize) / k) * examples), examples);
      return problem.gramRows(rows);
    },
  };
}
