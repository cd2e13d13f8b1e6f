import { describe, expect, it } from 'vitest';
import { checkMasking, MOST_CHECKED } from '../../../../services/numerics/evaluation/check-masking.ts';
import type { EvaluationAttack, Robustness } from '../../../../services/numerics/evaluation/robustness.ts';
import type { ExampleSource } from '../../../../services/numerics/evaluation/run-rounds.ts';

const PGD: EvaluationAttack = {
  epsilon: 0.1,
  stepSize: 0.02,
  steps: 10,
  loss: 'cross-entropy',
  start: 'uniform',
  restarts: 2,
};
const upTo = (count: number, from = 0) => Array.from({ length: count - from }, (_, i) => from + i);
const sourceOf = (size: number): ExampleSource => ({
  size,
  batch: () => {
    throw new Error('nothing is attacked here');
  },
});

/** Runs the checks with measurements that find this many robust, the first ones of those they look at. */
async function checked(attack: EvaluationAttack, pgd: Robustness, size: number, left: Record<string, number>) {
  const asked: { check: string; attack: EvaluationAttack; size: number; start: number[] }[] = [];
  const signs = await checkMasking(attack, pgd, sourceOf(size), async (check, tried, source, { survived, broken }) => {
    const start = [...survived.keys()].filter((example) => !broken.includes(example));
    asked.push({ check, attack: tried, size: source.size, start });
    return { clean: start, robust: start.slice(0, left[check]) };
  });
  return { signs, asked };
}

describe('the checks for masked gradients', () => {
  it('look at the first examples only: noise at those right, the unbounded attack at those that PGD left', async () => {
    const pgd = { clean: upTo(1000, 10), robust: upTo(1000, 100) };
    const { signs, asked } = await checked({ ...PGD, loss: 'kl' }, pgd, 1000, { noise: 235, unbounded: 0 });
    expect(signs).toEqual([]);
    expect(asked.map(({ check, size }) => [check, size])).toEqual([
      ['noise', MOST_CHECKED],
      ['unbounded', MOST_CHECKED],
    ]);
    expect(asked[0].start).toEqual(upTo(MOST_CHECKED, 10));
    expect(asked[1].start).toEqual(upTo(MOST_CHECKED, 100));
    expect(asked[0].attack).toMatchObject({ epsilon: 0.1, steps: 0 });
    expect(asked[1].attack).toMatchObject({ epsilon: 1, restarts: 1, start: 'gaussian', loss: 'cross-entropy' });
  });

  it('warn with shares of what they looked at', async () => {
    const pgd = { clean: upTo(90), robust: upTo(70) };
    const { signs } = await checked(PGD, pgd, 100, { noise: 72, unbounded: 20 });
    expect(signs.map((sign) => sign.match(/[\d.]+ %/g))).toEqual([['20.0 %'], ['18.0 %', '20.0 %']]);
  });

  it('say nothing of noise that broke a handful', async () => {
    const pgd = { clean: upTo(90), robust: upTo(88) };
    expect((await checked(PGD, pgd, 100, { noise: 86, unbounded: 0 })).signs).toEqual([]);
    expect((await checked(PGD, pgd, 100, { noise: 85, unbounded: 0 })).signs).toHaveLength(1);
  });

  it.each([
    ['PGD takes no step', { ...PGD, steps: 0 }, upTo(5)],
    ['it has no room', { ...PGD, epsilon: 0 }, upTo(5)],
    ['it left nothing standing', PGD, []],
  ])('are left out where %s', async (_, attack, robust) => {
    const { signs, asked } = await checked(attack, { clean: upTo(10), robust }, 10, {});
    expect({ signs, asked }).toEqual({ signs: [], asked: [] });
  });
});
