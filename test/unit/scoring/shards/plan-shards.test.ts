import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SCORING_BATCH } from '../../../../services/scoring/scoring-batch.ts';
import { LEAST_CUT_EXAMPLES, planShards } from '../../../../services/scoring/shards/plan-shards.ts';

describe('planShards', () => {
  test('cuts no small data set', () => {
    expect(planShards(LEAST_CUT_EXAMPLES - 1)).toEqual([]);
    expect(planShards(LEAST_CUT_EXAMPLES).length).toBeGreaterThan(1);
  });

  test('cuts into whole batches that follow each other and take in every example once', () => {
    fc.assert(
      fc.property(fc.integer({ min: LEAST_CUT_EXAMPLES, max: 20_000_000 }), (examples) => {
        const shards = planShards(examples);
        expect(shards.length).toBeLessThanOrEqual(1_024);
        let next = 0;
        for (const { first, examples: size } of shards) {
          if (first !== next || first % SCORING_BATCH !== 0 || size <= 0)
            expect.fail(`${size} from ${first}, not ${next}`);
          next += size;
        }
        expect(next).toBe(examples);
      }),
    );
  });

  test('gives 256 replicas several shards each of 1,280,000 examples', () => {
    expect(planShards(1_280_000).length).toBeGreaterThanOrEqual(3 * 256);
  });
});
