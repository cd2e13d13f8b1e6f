/** The first `length` values of a reused buffer, so that a short last batch needs no buffer of its own; RangeError if it is too short. */
export function frontOf<T extends Uint8Array | Float32Array>(buffer: T, length: number): T {
  if (buffer.length < length) {
    throw new RangeError(`the buffer holds ${buffer.length} values, the batch needs ${length}`);
  }
  return buffer.subarray(0, length) as T;
}
