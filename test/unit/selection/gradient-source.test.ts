import { describe, expect, it } from 'vitest';
import { selectGradMatch } from '../../../services/selection/grad-match.ts';
import { gradientSource, repeatedGradients, signalGradients } from '../../../services/selection/gradient-source.ts';
import { rankOneGradients, takeExamples } from '../../../services/selection/gradients.ts';
import { objectives, syntheticSignals } from './synthetic-signals.ts';

describe.each([...objectives])('the gradients of %s', (_, objective) => {
  const signals = syntheticSignals(3, 60, 5, 4);
  const all = rankOneGradients(signals, objective);

  it('are the same made for some at a time as taken from all', () => {
    const some = Uint32Array.of(7, 3, 59);
    expect(signalGradients(signals, objective).take(some)).toEqual(takeExamples(all, some));
    expect(gradientSource(all).take(some)).toEqual(takeExamples(all, some));
    expect(repeatedGradients(signals, objective).take(some)).toEqual(takeExamples(all, some));
    expect(repeatedGradients(signals, objective, 0).take(some)).toEqual(takeExamples(all, some));
  });

  it('are asked for one class at a time, so that no more are in memory', async () => {
    const taken: Uint32Array[] = [];
    const source = signalGradients(signals, objective);
    const watched = {
      ...source,
      take: (indices: Uint32Array) => {
        taken.push(indices);
        return source.take(indices);
      },
    };
    const options = { k: 20, classes: 5, lambda: 0.1, atomsPerRound: 1 };
    const found = await selectGradMatch(watched, signals.labels, options);
    expect(taken).toHaveLength(5);
    taken.forEach((indices, label) => {
      expect([...indices]).toEqual(Array.from({ length: 12 }, (_, i) => 5 * i + label));
    });
    expect(found).toEqual(await selectGradMatch(gradientSource(all), signals.labels, options));
  });
});

describe('signalGradients', () => {
  it('needs no clean signals under AT, and says that they are missing otherwise', () => {
    const { cleanLogits: _, cleanFeatures: __, ...attacked } = syntheticSignals(3, 10, 2, 4);
    const one = Uint32Array.of(1);
    expect(signalGradients(attacked, objectives.get('AT')!).take(one).terms).toHaveLength(1);
    expect(() => signalGradients(attacked, objectives.get('TRADES')!).take(one)).toThrow('need clean');
  });
});
