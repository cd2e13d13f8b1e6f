/** Inner product of `length` numbers from the given offsets; four sums at once, as one would wait for every addition. */
export function dot(a: Float64Array, aStart: number, b: Float64Array, bStart: number, length: number): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    first += a[aStart + i] * b[bStart + i];
    second += a[aStart + i + 1] * b[bStart + i + 1];
    third += a[aStart + i + 2] * b[bStart + i + 2];
    fourth += a[aStart + i + 3] * b[bStart + i + 3];
  }
  for (; i < length; i += 1) first += a[aStart + i] * b[bStart + i];
  return first + second + (third + fourth);
}
