import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CholeskyFactor } from '../../../services/selection/cholesky.ts';
import { inner, solveDense } from './dense-reference.ts';
import { normal, seededRandom } from './synthetic-signals.ts';

describe('CholeskyFactor', () => {
  it('solves as elimination does after any appending and removing', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.array(fc.integer({ min: -1, max: 9 }), { maxLength: 30 }), (seed, steps) => {
        const random = seededRandom(seed);
        const factor = new CholeskyFactor(31);
        const rows: Float64Array[] = [];
        for (const step of [-1, ...steps]) {
          if (step >= 0 && step < rows.length) {
            factor.remove(step);
            rows.splice(step, 1);
          } else {
            const row = Float64Array.from({ length: 8 }, () => normal(random));
            expect(
              factor.append([Float64Array.from(rows, (other) => inner(row, other))], [inner(row, row) + 0.5]),
            ).toEqual([true]);
            rows.push(row);
          }
        }
        const right = rows.map(() => normal(random));
        const found = Float64Array.from(right);
        factor.solve(found);
        const matrix = rows.map((a, i) => rows.map((b, j) => inner(a, b) + (i === j ? 0.5 : 0)));
        solveDense(matrix, right).forEach((value, i) => {
          expect(found[i]).toBeCloseTo(value, 6);
        });
      }),
    );
  });

  it('refuses a dependent row and stays usable', () => {
    const factor = new CholeskyFactor(3);
    expect(factor.append([new Float64Array(0)], [4])).toEqual([true]);
    expect(factor.append([Float64Array.of(6)], [9])).toEqual([false]);
    expect(factor.append([Float64Array.of(0)], [0])).toEqual([false]);
    expect(factor.append([Float64Array.of(2)], [5])).toEqual([true]);
    const values = Float64Array.of(8, 12);
    factor.solve(values);
    // [4 2; 2 5]·[1; 2] = [8; 12].
    expect(values[0]).toBeCloseTo(1, 12);
    expect(values[1]).toBeCloseTo(2, 12);
  });

  it('takes many rows at once as it takes them one by one, without those that depend on others', () => {
    fc.assert(
      fc.property(
        fc.nat(10_000),
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 1, max: 11 }),
        (seed, first, more) => {
          const random = seededRandom(seed);
          // 8 dimensions hold 8 independent rows; some are copies of earlier ones.
          const rows: Float64Array[] = [];
          for (let i = 0; i < first + more; i += 1) {
            const copied = i > 0 && random() < 0.3;
            rows.push(copied ? rows[Math.floor(random() * i)] : Float64Array.from({ length: 8 }, () => normal(random)));
          }
          const single = new CholeskyFactor(rows.length);
          const taken: Float64Array[] = [];
          const verdicts = rows.map((row) => {
            const products = Float64Array.from(taken, (other) => inner(row, other));
            const [isTaken] = single.append([products], [inner(row, row)]);
            if (isTaken) taken.push(row);
            return isTaken;
          });
          const together = new CholeskyFactor(rows.length);
          const kept: Float64Array[] = [];
          const found: boolean[] = [];
          for (const block of [rows.slice(0, first), rows.slice(first)]) {
            const products = block.map((row, i) =>
              Float64Array.from([...kept, ...block.slice(0, i)], (other) => inner(row, other)),
            );
            const diagonals = block.map((row) => inner(row, row));
            together.append(products, diagonals).forEach((isTaken, i) => {
              found.push(isTaken);
              if (isTaken) kept.push(block[i]);
            });
          }
          expect(found).toEqual(verdicts);
          const right = taken.map(() => normal(random));
          const [one, other] = [Float64Array.from(right), Float64Array.from(right)];
          single.solve(one);
          together.solve(other);
          const scale = Math.max(...one.map(Math.abs), 1);
          one.forEach((value, i) => {
            expect(other[i] / scale).toBeCloseTo(value / scale, 6);
          });
        },
      ),
    );
  });
});
