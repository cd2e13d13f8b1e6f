import { describe, expect, test } from 'vitest';
import type { Costs } from '../../bench/scale/scale-line.ts';
import { limitOf, MOST_REPLICAS, roundSeconds, simulate } from '../../bench/scale/simulate.ts';

const round = { examples: 1_024_000, shards: 1_000, bytesPerExample: 1_000 };
const free: Costs = {
  secondsPerExample: 0.001,
  overheadSecondsPerShard: 0,
  selectSecondsPerExample: 0,
  publishSeconds: 0,
  gatherBytesPerSecond: Number.POSITIVE_INFINITY,
};

describe('the simulation of a scoring round', () => {
  test('divides the measuring among the replicas, shard by whole shard', () => {
    expect(roundSeconds(free, round, 1).seconds).toBeCloseTo(1024);
    expect(roundSeconds(free, round, 1_000).seconds).toBeCloseTo(1.024);
    // 334 shards on the slowest of three
    expect(roundSeconds(free, round, 3).seconds).toBeCloseTo(334 * 1.024);
  });

  test('adds what is not spread to every round', () => {
    const costs = { ...free, selectSecondsPerExample: 0.0001, publishSeconds: 2, overheadSecondsPerShard: 0.5 };
    expect(roundSeconds(costs, round, 10).seconds).toBeCloseTo(100 * 1.524 + 102.4 + 2);
  });

  test('is bound by gathering once the replicas are faster', () => {
    const costs = { ...free, gatherBytesPerSecond: 32e6 };
    expect(roundSeconds(costs, round, 16)).toEqual({ seconds: expect.closeTo(64.5, 0), boundBy: 'measuring' });
    expect(roundSeconds(costs, round, 128)).toEqual({ seconds: 32, boundBy: 'gathering' });
  });

  test('tells of 1 to 256 replicas, none slower than fewer', () => {
    const lines = simulate({ ...free, overheadSecondsPerShard: 0.1, publishSeconds: 1 }, round);
    expect(lines.map(({ replicas }) => replicas)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256]);
    for (const [i, { seconds, speedup }] of lines.entries()) {
      expect(speedup).toBeCloseTo(lines[0]!.seconds / seconds, 1);
      if (i > 0) expect(seconds).toBeLessThanOrEqual(lines[i - 1]!.seconds);
    }
  });

  test('finds where twice the replicas save too little, and that it never comes where nothing is shared', () => {
    expect(limitOf({ ...free, publishSeconds: 1000 }, round).stopsPayingAt).toBe(5);
    expect(limitOf(free, round).stopsPayingAt).toBe(MOST_REPLICAS);
  });
});
