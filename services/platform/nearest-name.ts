/** The candidate that takes the fewest insertions, deletions and replacements of letters; undefined where all are far off. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  // More typing errors than this in a word and the guess would confuse.
  let best = Math.max(2, Math.floor(name.length / 3)) + 1;
  let nearest: string | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(name, candidate);
    if (distance < best) [best, nearest] = [distance, candidate];
  }
  return nearest;
}

/** Levenshtein's distance (1966), by rows. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1));
    }
  }
  return row[b.length]!;
}
