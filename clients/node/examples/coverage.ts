/** What coverage-centric selection is asked for. */
export interface CoverageOptions {
  /** How many to keep, 1 to N. */
  readonly keep: number;
  /** Share of the hardest examples that are left out, in [0, 1); no more than can be spared. */
  readonly hardest: number;
  /** Number of parts of equal width that the range of scores is cut into, at least 1. */
  readonly strata: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * Coverage-centric coreset selection (Zheng 2023, algorithm 1): leaves out the hardest examples, cuts the range of the
 * other scores into strata and draws about as many from each, so that both dense and sparse parts stay covered.
 * @param difficulty N finite numbers, higher for harder examples.
 * @returns `keep` indices, unsorted.
 */
export function coverage(difficulty: ArrayLike<number>, { keep, hardest, strata, random }: CoverageOptions): number[] {
  const order = Array.from(difficulty, (_, index) => index).sort((a, b) => difficulty[a]! - difficulty[b]! || a - b);
  const spare = order.length - keep;
  const rest = order.slice(0, order.length - Math.min(spare, Math.floor(hardest * order.length)));
  const parts = cut(rest, difficulty, strata);
  // The smallest first: what they have too few of, the larger ones make up for.
  parts.sort((a, b) => a.length - b.length);
  let left = keep;
  return parts.flatMap((part, i) => {
    const share = Math.min(part.length, Math.floor(left / (parts.length - i)));
    left -= share;
    return draw(part, share, random);
  });
}

function cut(sorted: readonly number[], difficulty: ArrayLike<number>, strata: number): number[][] {
  const low = difficulty[sorted[0]!]!;
  const width = (difficulty[sorted.at(-1)!]! - low) / strata;
  const parts = new Map<number, number[]>();
  for (const index of sorted) {
    const part = width > 0 ? Math.min(strata - 1, Math.floor((difficulty[index]! - low) / width)) : 0;
    const members = parts.get(part);
    if (members === undefined) parts.set(part, [index]);
    else members.push(index);
  }
  return [...parts.values()];
}

/** The first `count` places of a Fisher-Yates shuffle. */
function draw(part: readonly number[], count: number, random: () => number): number[] {
  const pool = [...part];
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (pool.length - i));
    [pool[i], pool[j]] = [pool[j]!, pool[i]!];
  }
  return pool.slice(0, count);
}
