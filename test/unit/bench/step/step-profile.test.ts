import { describe, expect, it } from 'vitest';
import { profileTable } from '../../../bench/profile.ts';
import { BETWEEN, convolutionShare, profileRows, type StepProfile } from '../../../bench/step/step-profile.ts';

const PROFILE: StepProfile = {
  ms: 100,
  attackMs: 60,
  kernels: [
    { phase: 'attack', kernel: 'Conv2D', calls: 20, ms: 40 },
    { phase: 'update', kernel: 'Conv2DBackpropFilter', calls: 2, ms: 25 },
    { phase: 'attack', kernel: 'Relu', calls: 10, ms: 10 },
    { phase: 'update', kernel: 'Conv2D', calls: 2, ms: 5 },
    { phase: 'update', kernel: '_MklNativeConv2DWithBias', calls: 1, ms: 1 },
  ],
};

describe('a profile of a step', () => {
  it('counts all convolutions, their gradients and fused ones', () => {
    expect(convolutionShare(PROFILE)).toBeCloseTo(0.71, 12);
  });

  it('has a row per kernel over both phases, the longest first', () => {
    const rows = profileRows(PROFILE);
    expect(rows.map(({ kernel }) => kernel).slice(0, 2)).toEqual(['Conv2D', 'Conv2DBackpropFilter']);
    expect(rows[0]).toMatchObject({ calls: 22, attackMs: 40, updateMs: 5, share: 0.45 });
  });

  it('adds up to the whole step with what is between kernels', () => {
    const rows = profileRows(PROFILE);
    expect(rows.find(({ kernel }) => kernel === BETWEEN)).toMatchObject({ attackMs: 10, updateMs: 9 });
    expect(rows.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
  });

  it('is a table that ends with the whole and the share of convolutions', () => {
    const lines = profileTable(PROFILE).split('\n');
    expect(lines.at(-2)).toMatch(/^all +60\.0 +40\.0 +100\.0 %$/);
    expect(lines.at(-1)).toBe('convolutions and their gradients: 71.0 % of the step');
  });
});
