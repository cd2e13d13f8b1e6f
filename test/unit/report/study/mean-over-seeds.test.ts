import fc from 'fast-check';
import { expect, it } from 'vitest';
import { meanOverSeeds } from '../../../../services/report/study/mean-over-seeds.ts';

const at = (epoch: number, robust: number) => ({ epoch, robust });

it('is the mean where all seeds were measured at the same places', () => {
  expect(meanOverSeeds([[at(1, 0.2), at(3, 0.4)], [at(1, 0.4), at(3, 0.5)], []], 'epoch')).toEqual([
    at(1, expect.closeTo(0.3, 12)),
    at(3, expect.closeTo(0.45, 12)),
  ]);
});

it('is the first seed where others were measured elsewhere', () => {
  const first = [at(1, 0.2), at(3, 0.4)];
  expect(meanOverSeeds([first, [at(1, 0.4), at(4, 0.5)]], 'epoch')).toEqual(first);
  expect(meanOverSeeds([first, [at(1, 0.4)]], 'epoch')).toEqual(first);
  expect(meanOverSeeds([[], first], 'epoch')).toEqual(first);
  expect(meanOverSeeds([[], []], 'epoch')).toEqual([]);
  expect(meanOverSeeds([], 'epoch')).toEqual([]);
});

it('lies between the lowest and the highest seed', () => {
  const value = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 8 }), (values) => {
      const [mean] = meanOverSeeds(
        values.map((robust) => [at(0, robust)]),
        'epoch',
      );
      expect(mean!.robust).toBeGreaterThanOrEqual(Math.min(...values) - 1e-12);
      expect(mean!.robust).toBeLessThanOrEqual(Math.max(...values) + 1e-12);
    }),
  );
});
