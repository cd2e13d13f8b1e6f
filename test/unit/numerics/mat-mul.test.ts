import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tf } from '../../../services/numerics/backend.ts';
import { DeviceMatMul } from '../../../services/numerics/mat-mul.ts';
import { plainMatMul } from '../../../services/selection/matmul.ts';
import { largestDifference, withoutLeak } from './tensor-assertions.ts';

const matrix = (rows: number, columns: number) =>
  fc
    .array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: rows * columns, maxLength: rows * columns })
    .map((values) => Float32Array.from(values));

const problem = fc
  .record({
    rows: fc.integer({ min: 1, max: 9 }),
    inner: fc.integer({ min: 1, max: 9 }),
    columns: fc.integer({ min: 1, max: 9 }),
  })
  .chain(({ rows, inner, columns }) =>
    fc.record({
      rows: fc.constant(rows),
      inner: fc.constant(inner),
      columns: fc.constant(columns),
      a: matrix(rows, inner),
      b: matrix(columns, inner),
    }),
  );

/** Tensors that a product leaves on the device. */
function kept(multiply: () => void): number {
  const before = tf.memory().numTensors;
  multiply();
  return tf.memory().numTensors - before;
}

describe('the product on the device', () => {
  test('equals the plain one', () => {
    fc.assert(
      fc.property(problem, ({ a, rows, inner, b, columns }) => {
        const matMul = new DeviceMatMul();
        const product = matMul.multiply(a, rows, inner, b, columns);
        expect(product).toHaveLength(rows * columns);
        expect(largestDifference(product, plainMatMul(a, rows, inner, b, columns))).toBeLessThan(1e-3);
        matMul.dispose();
      }),
      { numRuns: 50 },
    );
  });

  test('keeps the last four Bs uploaded, and no more', () => {
    withoutLeak(() => {
      const matMul = new DeviceMatMul();
      const a = Float32Array.of(1, 2, 3, 4);
      const [b, ...others] = [1, 9, 8, 7, 6].map((first) => Float32Array.of(first, 0, 0, 1));
      const multiply = (right: Float32Array) => () => matMul.multiply(a, 2, 2, right, 2);
      expect(kept(multiply(b))).toBe(1);
      // the same array again adds nothing; whether the device shares its memory is TensorFlow's affair
      expect(kept(multiply(b))).toBe(0);
      expect([...multiply(b)()]).toEqual([1, 2, 3, 4]);
      for (const other of others.slice(0, 3)) expect(kept(multiply(other))).toBe(1);
      expect(kept(multiply(b))).toBe(0);
      // a fifth takes the place of the one that was not used for the longest time
      expect(kept(multiply(others[3]))).toBe(0);
      expect(kept(multiply(b))).toBe(0);
      expect(kept(multiply(others[0]))).toBe(0);
      expect([...multiply(others[0])()]).toEqual([9, 2, 27, 4]);
      expect([...multiply(b)()]).toEqual([1, 2, 3, 4]);
      matMul.dispose();
    });
  });

  test('frees everything, twice if asked, and can go on', () => {
    withoutLeak(() => {
      const matMul = new DeviceMatMul();
      const one = Float32Array.of(2);
      expect([...matMul.multiply(one, 1, 1, one, 1)]).toEqual([4]);
      matMul.dispose();
      matMul.dispose();
      expect([...matMul.multiply(one, 1, 1, one, 1)]).toEqual([4]);
      matMul.dispose();
    });
  });
});
