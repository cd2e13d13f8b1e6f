import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Survivors } from '../../../../services/numerics/evaluation/survivors.ts';

/** The round that breaks each example; beyond the last one for those that survive all. */
const scenario = fc.record({
  fates: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 30 }),
  rounds: fc.integer({ min: 1, max: 5 }),
  batchSize: fc.integer({ min: 1, max: 12 }),
  stopAfter: fc.integer({ min: 0, max: 40 }),
});

/** Runs up to `limit` batches; gives how often each example went through each round. */
function run(survivors: Survivors, fates: readonly number[], batchSize: number, limit = Infinity): string[] {
  const visits: string[] = [];
  for (const { round, examples } of survivors.batches(batchSize)) {
    if (visits.length >= limit) break;
    expect(examples.length).toBeLessThanOrEqual(batchSize);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) visits.push(`${example} in round ${round}`);
    survivors.record(
      examples,
      examples.map((example) => (fates[example] === round ? 0 : 1)),
    );
  }
  return visits;
}

describe('survivors', () => {
  it('go through every round until one breaks them, once', () => {
    fc.assert(
      fc.property(scenario, ({ fates, rounds, batchSize }) => {
        const survivors = new Survivors(fates.length, rounds);
        const visits = run(survivors, fates, batchSize);
        const expected = fates.flatMap((fate, example) =>
          Array.from({ length: Math.min(fate + 1, rounds) }, (_, round) => `${example} in round ${round}`),
        );
        expect(visits.sort()).toEqual(expected.sort());
        for (let round = 0; round < rounds; round++) {
          expect(survivors.brokenIn(round)).toBe(fates.filter((fate) => fate === round).length);
          expect(survivors.survivorsOf(round)).toEqual([...fates.keys()].filter((example) => fates[example] > round));
        }
        expect(survivors.standing).toEqual([...fates.keys()].filter((example) => fates[example] >= rounds));
      }),
    );
  });

  it('go on where they were after a stop, as if there had been none', () => {
    fc.assert(
      fc.property(scenario, ({ fates, rounds, batchSize, stopAfter }) => {
        const whole = new Survivors(fates.length, rounds);
        run(whole, fates, batchSize);
        const first = new Survivors(fates.length, rounds);
        const before = run(first, fates, batchSize, stopAfter);
        const second = new Survivors(fates.length, rounds, JSON.parse(JSON.stringify(first.state())));
        const after = run(second, fates, batchSize);
        expect(second.state()).toEqual(whole.state());
        expect(before.filter((visit) => after.includes(visit))).toEqual([]);
      }),
    );
  });

  it('come in batches as even as can be', () => {
    const sizes = [...new Survivors(260, 1).batches(250)].map(({ examples }) => examples.length);
    expect(sizes).toEqual([130, 130]);
  });
});
