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

  test('keeps B uploaded for as long as it is the same array, and no longer', () => {
    withoutLeak(() => {
      const matMul = new DeviceMatMul();
      const a = Float32Array.of(1, 2, 3, 4);
      const [b, other] = [Float32Array.of(1, 0, 0, 1), Float32Array.of(9, 0, 0, 1)];
      const multiply = (right: Float32Array) => () => matMul.multiply(a, 2, 2, right, 2);
      expect(kept(multiply(b))).toBe(1);
      // the same array again adds nothing; whether the device shares its memory is TensorFlow's affair
      expect(kept(multiply(b))).toBe(0);
      expect([...multiply(b)()]).toEqual([1, 2, 3, 4]);
      // another array takes its place
      expect(kept(multiply(other))).toBe(0);
      expect([...multiply(other)()]).toEqual([9, 2, 27, 4]);
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
