import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApgdStepSize, checkpoints } from '../../../../services/numerics/evaluation/apgd-step-size.ts';

describe('the checkpoints', () => {
  it('of 100 iterations are the published ones', () => {
    expect(checkpoints(100)).toEqual([22, 41, 57, 70, 80, 87, 93, 99]);
  });

  it('rise and stay within the iterations, for any number of those', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (iterations) => {
        const found = checkpoints(iterations);
        expect(found.length).toBeGreaterThan(0);
        expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
        expect(found[0]).toBeGreaterThanOrEqual(1);
        expect(found.at(-1)).toBeLessThanOrEqual(iterations);
      }),
    );
  });
});

describe('the step size', () => {
  const afterLosses = (losses: readonly number[], step = new ApgdStepSize(2, 0)) => {
    for (const loss of losses) step.observe(loss);
    return step;
  };

  it('stays where every step raises the loss', () => {
    const step = afterLosses([1, 2, 3, 4]);
    expect(step.check()).toBe(false);
    expect(step.size).toBe(2);
  });

  it('is halved where no more than three in four steps raise it', () => {
    const step = afterLosses([1, 2, 1, 3]);
    expect(step.check()).toBe(true);
    expect(step.size).toBe(1);
  });

  it('stays where more than three in four do', () => {
    expect(afterLosses([1, 2, 1, 3, 4]).check()).toBe(false);
  });

  it('is halved where the best loss is that of the last checkpoint, unless it was halved there', () => {
    // up to 10, then only rises from a low point that stay below 10
    const step = afterLosses([7, 8, 9, 10]);
    expect(step.check()).toBe(false);
    const below = [1, 2, 3, 4, 5];
    expect(afterLosses(below, step).check()).toBe(true);
    expect(afterLosses([6, 7, 8, 9, 9.5], step).check()).toBe(false);
    expect(afterLosses([9.6, 9.7, 9.8, 9.9], step).check()).toBe(true);
    expect(step.size).toBe(0.5);
  });

  it('knows the greatest loss and says when one is greater', () => {
    const step = new ApgdStepSize(1, 5);
    expect([4, 5, 6, 6, 7].map((loss) => step.observe(loss))).toEqual([false, false, true, false, true]);
    expect(step.best).toBe(7);
  });

  it('takes a loss that is no number for no improvement', () => {
    const step = new ApgdStepSize(1, 5);
    expect(step.observe(Number.NaN)).toBe(false);
    expect(step.best).toBe(5);
  });
});
