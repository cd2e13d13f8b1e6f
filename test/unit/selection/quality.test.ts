import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankOneGradients } from '../../../services/selection/gradients.ts';
import {
  effectiveSampleSize,
  jaccardOverlap,
  keptPerClass,
  subsetResidual,
} from '../../../services/selection/quality.ts';
import { inner, materialise, weightedSum } from './dense-reference.ts';
import { objectives, syntheticSignals } from './synthetic-signals.ts';

describe('effectiveSampleSize', () => {
  it('is k for equal weights of any scale, and less for uneven ones', () => {
    for (const weight of [1, 1e-30, 1e30]) {
      expect(effectiveSampleSize(new Float64Array(7).fill(weight))).toBeCloseTo(7, 9);
    }
    expect(effectiveSampleSize([3, 1])).toBeCloseTo(16 / 10, 12);
    expect(effectiveSampleSize([5, 0, 0])).toBe(1);
    expect(effectiveSampleSize([0, 0])).toBe(2);
  });
});

describe('jaccardOverlap', () => {
  it('is the shared over the united', () => {
    const set = fc.uniqueArray(fc.nat(30)).map((values) => Uint32Array.from(values).sort());
    fc.assert(
      fc.property(set, set, (a, b) => {
        const united = new Set([...a, ...b]).size;
        const shared = a.length + b.length - united;
        expect(jaccardOverlap(a, b)).toBe(united === 0 ? 1 : shared / united);
      }),
    );
  });
});

describe('keptPerClass', () => {
  it('counts the kept of every class', () => {
    expect(keptPerClass(Uint32Array.of(0, 2, 3), Uint16Array.of(1, 0, 1, 3), 5)).toEqual(Uint32Array.of(0, 2, 0, 1, 0));
  });
});

describe('subsetResidual', () => {
  const gradients = rankOneGradients(syntheticSignals(6, 40, 4, 5), objectives.get('MART')!);

  it('is 0 for everything and the distance of the means for equal weights', () => {
    const everything = Uint32Array.from({ length: 40 }, (_, i) => i);
    expect(subsetResidual(gradients, everything)).toBeCloseTo(0, 12);
    const dense = materialise(gradients);
    const mean = weightedSum(dense, new Float64Array(40).fill(1 / 40));
    const part = weightedSum([dense[3], dense[8]], [0.5, 0.5]);
    const difference = mean.map((value, j) => part[j] - value);
    const expected = Math.sqrt(inner(difference, difference) / inner(mean, mean));
    expect(subsetResidual(gradients, Uint32Array.of(3, 8))).toBeCloseTo(expected, 9);
  });

  it('is 1 for weights of 0', () => {
    expect(subsetResidual(gradients, Uint32Array.of(3, 8), [0, 0])).toBeCloseTo(1, 12);
  });
});
