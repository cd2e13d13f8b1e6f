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
              factor.append(
                Float64Array.from(rows, (other) => inner(row, other)),
                inner(row, row) + 0.5,
              ),
            ).toBe(true);
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
    expect(factor.append(new Float64Array(0), 4)).toBe(true);
    expect(factor.append(Float64Array.of(6), 9)).toBe(false);
    expect(factor.append(Float64Array.of(0), 0)).toBe(false);
    expect(factor.append(Float64Array.of(2), 5)).toBe(true);
    const values = Float64Array.of(8, 12);
    factor.solve(values);
    // [4 2; 2 5]·[1; 2] = [8; 12].
    expect(values[0]).toBeCloseTo(1, 12);
    expect(values[1]).toBeCloseTo(2, 12);
  });
});
