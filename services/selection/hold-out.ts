import { classCounts } from './balance.ts';
import { shuffled } from './shuffled.ts';

/**
 * A random share, in (0,1], of the examples of every class, rounded, one at least of each class there is.
 * @returns indices in ascending order.
 */
export function holdOut(labels: Uint16Array, classes: number, share: number, random: () => number): Uint32Array {
  const wanted = classCounts(labels, classes).map((count) =>
    count === 0 ? 0 : Math.max(1, Math.round(share * count)),
  );
  return shuffled(labels.length, random)
    .filter((index) => {
      if (wanted[labels[index]] === 0) return false;
      wanted[labels[index]] -= 1;
      return true;
    })
    .sort();
}
