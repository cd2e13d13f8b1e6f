/** How many rounds to go. */
export interface Rounds {
  /** Seconds that the rounds may take together, if there are more than the least. */
  readonly seconds: number;
  readonly least: number;
  readonly most: number;
}

/** How many more rounds there are after the first, given its milliseconds. */
export function roundsAfterFirst(firstMs: number, { seconds, least, most }: Rounds): number {
  const affordable = Math.floor((1000 * seconds) / Math.max(firstMs, 1));
  return Math.min(most, Math.max(least, affordable)) - 1;
}

/**
 * Has each contestant do one step in turn, round after round, so that whatever slows the machine for a while slows all of
 * them; never two at once. `step` does one and gives its milliseconds. Those of all steps, by contestant.
 */
export async function interleave<Name>(
  contestants: readonly Name[],
  step: (name: Name) => Promise<number>,
  rounds: Rounds,
): Promise<Map<Name, number[]>> {
  const times = new Map(contestants.map((name) => [name, [] as number[]]));
  const oneRound = async () => {
    for (const [name, ms] of times) ms.push(await step(name));
  };
  const started = performance.now();
  await oneRound();
  const more = roundsAfterFirst(performance.now() - started, rounds);
  for (let round = 0; round < more; round++) await oneRound();
  return times;
}
