import { classCounts, proportionalBudgets } from './balance.ts';

/** A part of one class that is solved by itself: its examples, and how many of them to keep. */
export interface ClassProblem {
  /** Indices into the whole set. */
  readonly indices: Uint32Array;
  readonly k: number;
}

/** Largest problem that is solved in one piece. */
export interface ProblemLimits {
  readonly examples: number;
  readonly kept: number;
}

/**
 * A pursuit's inner products take k·n float32, its factor k²/2 float64, and time grows with n·k² and k³: at these sizes
 * 64 MiB, 16 MiB and a few seconds.
 */
const PURSUIT_LIMITS: ProblemLimits = { examples: 8192, kept: 2048 };

/**
 * Cuts a per-class selection of k out of N into problems: one per class with a budget k·n_c/N each (largest remainder,
 * 0 possible), classes beyond `limits` into equal parts within them. Every example is in one.
 * Parts are dealt round-robin by descending alignment with the class (ties by index), so that each resembles its class
 * and the order of examples doesn't matter; `align` gives the alignment of a class's examples, where it is needed.
 */
export function classProblems(
  labels: Uint16Array,
  classes: number,
  k: number,
  align: (indices: Uint32Array) => Float64Array,
  limits: ProblemLimits = PURSUIT_LIMITS,
): ClassProblem[] {
  const counts = classCounts(labels, classes);
  const budgets = proportionalBudgets(counts, k);
  const members = Array.from(counts, (count) => new Uint32Array(count));
  const filled = new Uint32Array(classes);
  labels.forEach((label, index) => {
    members[label][filled[label]] = index;
    filled[label] += 1;
  });
  return members.flatMap((indices, label) => (indices.length === 0 ? [] : cut(indices, budgets[label], align, limits)));
}

function cut(
  indices: Uint32Array,
  k: number,
  align: (indices: Uint32Array) => Float64Array,
  limits: ProblemLimits,
): ClassProblem[] {
  const parts = Math.max(1, Math.ceil(indices.length / limits.examples), Math.ceil(k / limits.kept));
  if (parts === 1) return [{ indices, k }];
  const alignment = align(indices);
  const order = indices.map((_, position) => position).sort((a, b) => alignment[b] - alignment[a] || a - b);
  const dealt = Array.from({ length: parts }, (_, part) => order.filter((_, rank) => rank % parts === part).sort());
  const budgets = proportionalBudgets(
    Uint32Array.from(dealt, (part) => part.length),
    k,
  );
  return dealt.map((part, i) => ({ indices: part.map((position) => indices[position]), k: budgets[i] }));
}
