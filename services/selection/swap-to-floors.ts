import { classCounts } from './balance.ts';

/**
 * Gives every class its floor by as few swaps as possible: the last kept examples of classes above their floor give way
 * to the first of `others` from classes below it. `kept` goes from most to least wanted, as does `others`; together
 * they hold every example. @returns `kept` with those swapped in standing where the ones they replace stood.
 */
export function swapToFloors(
  kept: Uint32Array,
  others: Uint32Array,
  labels: Uint16Array,
  floors: Uint32Array,
): Uint32Array {
  const swapped = kept.slice();
  const counts = classCounts(
    Uint16Array.from(kept, (index) => labels[index]),
    floors.length,
  );
  let leaving = kept.length - 1;
  for (const entering of others) {
    const label = labels[entering];
    if (counts[label] >= floors[label]) continue;
    while (counts[labels[kept[leaving]]] <= floors[labels[kept[leaving]]]) leaving -= 1;
    counts[labels[kept[leaving]]] -= 1;
    counts[label] += 1;
    swapped[leaving] = entering;
    leaving -= 1;
  }
  return swapped;
}
