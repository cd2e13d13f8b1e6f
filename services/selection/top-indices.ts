/**
 * Indices of the `count` highest eligible values, highest first, the lower index first in a tie; fewer where fewer are
 * eligible. Meant for a few out of many: each value is compared with the worst kept so far.
 */
export function topIndices(
  values: Float64Array,
  count: number,
  eligible: (index: number) => boolean = () => true,
): Uint32Array {
  const top = new Uint32Array(count);
  let kept = 0;
  for (let i = 0; i < values.length; i += 1) {
    if (kept === count && (count === 0 || !(values[i] > values[top[count - 1]]))) continue;
    if (!eligible(i)) continue;
    const place = firstBelow(values, top, kept, values[i]);
    top.copyWithin(place + 1, place, count - 1);
    top[place] = i;
    kept = Math.min(kept + 1, count);
  }
  return top.subarray(0, kept);
}

/** Position of the first kept value below `value`. */
function firstBelow(values: Float64Array, top: Uint32Array, kept: number, value: number): number {
  let low = 0;
  let high = kept;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[top[middle]] >= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
