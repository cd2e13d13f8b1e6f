import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PhaseProgress, phaseProgress } from '../../../../services/numerics/evaluation/phase-progress.ts';
import { Survivors } from '../../../../services/numerics/evaluation/survivors.ts';

const ROUNDS = [
  { attack: 'clean', iterations: 0 },
  { attack: 'pgd', iterations: 3 },
  { attack: 'pgd', iterations: 3 },
  { attack: 'square', iterations: 9 },
];

describe('the progress of an attack', () => {
  it('rises from nothing to all that came to it, whatever falls when', () => {
    const fates = fc.array(fc.nat({ max: ROUNDS.length }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fates, fc.integer({ min: 1, max: 5 }), (fate, batchSize) => {
        const survivors = new Survivors(fate.length, ROUNDS.length);
        const told: PhaseProgress[] = [];
        for (const now of survivors.batches(batchSize)) {
          for (const share of [0, 1 / 3, 2 / 3]) told.push(phaseProgress(ROUNDS, survivors.state(), now, share));
          survivors.record(
            now.examples,
            now.examples.map((example) => (fate[example] === now.round ? 0 : 1)),
          );
          told.push(phaseProgress(ROUNDS, survivors.state(), now));
        }
        for (const [phase, first] of [['clean', 0] as const, ['pgd', 1] as const, ['square', 3] as const]) {
          const came = fate.filter((round) => round >= first).length;
          const ours = told.filter((progress) => progress.phase === phase);
          expect(ours.length > 0).toBe(came > 0);
          expect(ours.every(({ total }) => total === came)).toBe(true);
          const done = ours.map((progress) => progress.done);
          expect(done).toEqual([...done].sort((a, b) => a - b));
          if (came > 0) expect(done.at(-1)).toBe(came);
        }
        expect(told.at(-1)!.standing).toEqual([...fate.keys()].filter((i) => fate[i] === ROUNDS.length));
      }),
    );
  });

  it('counts what is under way by its share, and looks as passes', () => {
    // one is broken, three are through the first of two rounds and half through the second
    const state = { survived: [1, 2, 2, 2], broken: [0] };
    const now = { round: 2, examples: [1, 2, 3] };
    expect(phaseProgress(ROUNDS, state, now, 0.5)).toEqual({ phase: 'pgd', done: 3, total: 4, standing: [1, 2, 3] });
    expect(phaseProgress(ROUNDS, state, now).done).toBe(2);
  });
});
