/** A measurement at some place of a run: an epoch or a round, and what was found there. */
export type Place = Readonly<Record<string, number>>;

/**
 * The mean over seeds of what was measured at each place, where all of them were measured at the same places (`at`);
 * else the first seed's alone, as a mean over different places would bend the curve. Seeds without anything are left out.
 */
export function meanOverSeeds<P extends Place>(seeds: readonly (readonly P[])[], at: keyof P): P[] {
  const measured = seeds.filter((places) => places.length > 0);
  const [first] = measured;
  if (first === undefined) return [];
  const agree = measured.every(
    (places) => places.length === first.length && places.every((place, i) => place[at] === first[i]![at]),
  );
  if (!agree) return [...first];
  return first.map((place, i) => {
    const names = Object.keys(place) as (keyof P)[];
    const mean = (name: keyof P) => measured.reduce((sum, places) => sum + places[i]![name], 0) / measured.length;
    return Object.fromEntries(names.map((name) => [name, mean(name)])) as P;
  });
}
