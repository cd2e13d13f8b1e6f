import { expect } from 'vitest';
import { tf } from '../../../services/numerics/backend.ts';

/** Runs `body`, whose result must hold no tensor, and fails if tensors are left over. */
export function withoutLeak<T>(body: () => T): T {
  const before = tf.memory().numTensors;
  const result = body();
  expect(tf.memory().numTensors - before, 'tensors left over').toBe(0);
  return result;
}

/** The same for a `body` that takes its time. */
export async function withoutLeaks<T>(body: () => Promise<T>): Promise<T> {
  const before = tf.memory().numTensors;
  const result = await body();
  expect(tf.memory().numTensors - before, 'tensors left over').toBe(0);
  return result;
}

/** The values of a tensor, which is freed. */
export function take(tensor: tf.Tensor): Float32Array {
  const values = tensor.dataSync() as Float32Array;
  tensor.dispose();
  return values;
}

/** Largest absolute difference of two arrays of one length. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);
}

/** Fails unless the largest difference is at most `tolerance` of the largest expected value. */
export function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  const scale = Array.from(expected).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  expect(scale, 'expected values that are not all 0').toBeGreaterThan(0);
  expect(largestDifference(actual, expected) / scale).toBeLessThanOrEqual(tolerance);
}

/** Fails unless every value is finite. */
export function expectFinite(values: ArrayLike<number>, what: string): void {
  expect(
    Array.from(values).filter((value) => !Number.isFinite(value)),
    what,
  ).toEqual([]);
}

/** Central differences of a scalar function at x, step `h` for each value. */
export function finiteDifferences(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor, h: number): Float32Array {
  const values = x.dataSync();
  const at = (i: number, step: number) =>
    tf.tidy(() => {
      const moved = values.slice();
      moved[i] += step;
      return f(tf.tensor(moved, x.shape)).dataSync()[0];
    });
  return Float32Array.from(values, (_, i) => (at(i, h) - at(i, -h)) / (2 * h));
}
