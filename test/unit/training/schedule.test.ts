import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OptimiserSpecSchema, Schedule } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { learningRate } from '../../../services/training/schedule.ts';

const optimiser = (schedule: Schedule, warmupUpdates = 0) =>
  create(OptimiserSpecSchema, { learningRate: 0.2, schedule, warmupUpdates });
const MANY = 1_000_000;

describe('learningRate', () => {
  test('of a constant schedule is the peak', () => {
    for (const progress of [0, 0.5, 0.99]) expect(learningRate(optimiser(Schedule.CONSTANT), progress, MANY)).toBe(0.2);
  });

  test.each([
    [0, 0.2],
    [1 / 3, 0.15],
    [0.5, 0.1],
    [2 / 3, 0.05],
    [1, 0],
  ])('of a cosine at %d is %d', (progress, rate) => {
    expect(learningRate(optimiser(Schedule.COSINE), progress, MANY)).toBeCloseTo(rate, 12);
  });

  test.each([
    [0, 0.2],
    [0.7499, 0.2],
    [0.75, 0.02],
    [0.8999, 0.02],
    [0.9, 0.002],
    [0.9999, 0.002],
  ])('of steps at %d is %d', (progress, rate) => {
    expect(learningRate(optimiser(Schedule.STEP), progress, MANY)).toBeCloseTo(rate, 12);
  });

  test('warms up in equal steps and reaches the peak with the last of them', () => {
    const rates = [0, 1, 2, 3, 4, 5].map((updates) => learningRate(optimiser(Schedule.CONSTANT, 4), 0, updates));
    rates.forEach((rate, i) => {
      expect(rate).toBeCloseTo([0.05, 0.1, 0.15, 0.2, 0.2, 0.2][i], 12);
    });
    expect(learningRate(optimiser(Schedule.COSINE, 4), 0.5, 1)).toBeCloseTo(0.05, 12);
  });

  test('stays in (0, peak] and never rises after the warm-up', () => {
    const schedules = fc.constantFrom(Schedule.CONSTANT, Schedule.COSINE, Schedule.STEP);
    const share = fc.double({ min: 0, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(schedules, share, share, fc.nat(20), (schedule, a, b, warmup) => {
        const at = (progress: number) => learningRate(optimiser(schedule, warmup), progress, warmup);
        const [earlier, later] = [Math.min(a, b), Math.max(a, b)].map(at);
        expect(later).toBeLessThanOrEqual(earlier);
        expect(later).toBeGreaterThan(0);
        expect(earlier).toBeLessThanOrEqual(0.2);
      }),
    );
  });
});
