import { describe, expect, it } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { apgd } from '../../../../services/numerics/evaluation/apgd.ts';
import { type AutoAttackProgress, autoAttack } from '../../../../services/numerics/evaluation/autoattack.ts';
import {
  type AutoAttackBudget,
  autoAttackRounds,
  STANDARD_BUDGET,
} from '../../../../services/numerics/evaluation/autoattack-rounds.ts';
import type { AutoAttackState } from '../../../../services/numerics/evaluation/autoattack-state.ts';
import { fabWithin } from '../../../../services/numerics/evaluation/fab.ts';
import { take, withoutLeaks } from '../tensor-assertions.ts';
import { batchSource } from './batch-source.ts';
import { labelledBatch } from './labelled-batch.ts';

const N = 12;
const WRONG = 3;
const BUDGET: AutoAttackBudget = { apgdIterations: 8, fabIterations: 4, targets: 9, squareQueries: 20 };

function sourced(name: string) {
  const { model, batch } = labelledBatch(name, N, (i) => i < WRONG);
  return { model, source: batchSource(batch) };
}

const { model, source } = sourced('linear');
/** Some examples of softmax regression fall at this radius, to different attacks, and some do not. */
const OPTIONS = { epsilon: 0.02, seed: 5n, batchSize: 5, budget: BUDGET };

describe('the rounds of AutoAttack', () => {
  it('are those of the standard version', () => {
    const names = autoAttackRounds(0.1, 10, STANDARD_BUDGET).map(({ attack, target }) => `${attack} ${target ?? '-'}`);
    const targets = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    expect(names).toEqual([
      'clean -',
      'apgd-ce -',
      ...targets.map((target) => `apgd-t ${target}`),
      ...targets.map((target) => `fab-t ${target}`),
      'square -',
    ]);
    expect(STANDARD_BUDGET).toEqual({ apgdIterations: 100, fabIterations: 100, targets: 9, squareQueries: 5000 });
  });

  it.each([0, 1, 2])('go for the class that they name, at place %i', (place) => {
    const { batch } = labelledBatch('linear', N);
    const rounds = autoAttackRounds(OPTIONS.epsilon, model.classes, BUDGET);
    const [byApgd, byFab] = (['apgd-t', 'fab-t'] as const).map((name) => {
      const round = rounds.filter(({ attack }) => attack === name)[place];
      return take(round.run({ model }, batch, OPTIONS.seed));
    });
    const targetRank = place + 1;
    const { epsilon, seed } = OPTIONS;
    const { apgdIterations, fabIterations } = BUDGET;
    expect(byApgd).toEqual(take(apgd({ model }, batch, { epsilon, iterations: apgdIterations, targetRank }, seed)));
    expect(byFab).toEqual(take(fabWithin({ model }, batch, { iterations: fabIterations, targetRank }, epsilon)));
  });

  it('have no more targets than there are wrong classes', () => {
    const targeted = autoAttackRounds(0.1, 4, STANDARD_BUDGET).filter(({ attack }) => attack === 'apgd-t');
    expect(targeted).toHaveLength(3);
  });
});

describe('AutoAttack', () => {
  it('accounts for every example', async () => {
    const result = await withoutLeaks(() => autoAttack(model, source, OPTIONS));
    const { broken, accuracyAfter } = result;
    const fallen = Object.values(broken).reduce((sum, count) => sum + count, 0);
    expect(broken.clean).toBe(WRONG);
    expect(result).toMatchObject({ epsilon: 0.02, examples: N, cleanAccuracy: (N - WRONG) / N });
    expect(result.robustAccuracy).toBe((N - fallen) / N);
    expect(result.robust).toHaveLength(N - fallen);
    for (const example of result.robust) expect(example).toBeGreaterThanOrEqual(WRONG);
    expect(accuracyAfter.square).toBe(result.robustAccuracy);
    const falling = Object.values(accuracyAfter);
    expect(falling).toEqual([...falling].sort((a, b) => b - a));
    expect(result.passes.forward).toBeGreaterThan(result.passes.backward);
  });

  it('has an accuracy that falls from the clean one to nothing as the ball grows', async () => {
    const found: number[] = [];
    for (const epsilon of [0, 0.01, 0.03, 1]) {
      const { robustAccuracy } = await autoAttack(model, source, { ...OPTIONS, epsilon });
      found.push(robustAccuracy);
    }
    expect(found).toEqual([...found].sort((a, b) => b - a));
    expect(found[0]).toBe((N - WRONG) / N);
    expect(found[3]).toBe(0);
    expect(new Set(found).size).toBeGreaterThan(2);
  });

  it.each(['linear', 'resnet'])('does not depend on the batches, for %s', async (name) => {
    const made = sourced(name);
    const epsilon = name === 'linear' ? 0.02 : 0.004;
    const runs = [];
    for (const batchSize of [1, 5, N]) {
      runs.push(await autoAttack(made.model, made.source, { ...OPTIONS, epsilon, batchSize }));
    }
    expect(runs[0].robustAccuracy).toBeGreaterThan(0);
    expect(runs[0].robustAccuracy).toBeLessThan(runs[0].cleanAccuracy);
    for (const { broken, robustAccuracy } of runs) {
      expect({ broken, robustAccuracy }).toEqual({ broken: runs[0].broken, robustAccuracy: runs[0].robustAccuracy });
    }
  });

  it('runs the attacks that are asked for only, and does not warn of what it has not compared', async () => {
    const attacks: string[] = [];
    const onProgress = ({ attack }: AutoAttackProgress) => void attacks.push(attack);
    const result = await autoAttack(model, source, { ...OPTIONS, epsilon: 0.5, attacks: ['square'] }, { onProgress });
    expect(new Set(attacks)).toEqual(new Set(['clean', 'square']));
    expect(result.broken.square).toBeGreaterThan(0);
    expect(result.warnings).toEqual([]);
  });

  it('gives each attack those examples only that still stand', async () => {
    const counting = sourced('linear').source;
    const standing: number[] = [];
    const onProgress = (progress: AutoAttackProgress) => void standing.push(progress.standing);
    await autoAttack(model, counting, { ...OPTIONS, batchSize: N }, { onProgress });
    expect(counting.asked).toEqual([N, ...standing.slice(0, -1)]);
  });
});

describe('a run that is killed', () => {
  it.each([1, 4, 9, 14])('after %i batches goes on to the same result', async (batches) => {
    const whole = await autoAttack(model, source, OPTIONS);
    let kept = '';
    let seen = 0;
    const onProgress = ({ state }: AutoAttackProgress) => {
      kept = JSON.stringify(state());
      seen += 1;
      if (seen === batches) throw new Error('killed');
    };
    await withoutLeaks(() => expect(autoAttack(model, source, OPTIONS, { onProgress })).rejects.toThrow('killed'));
    const state = JSON.parse(kept) as AutoAttackState;
    expect(await autoAttack(model, source, OPTIONS, {}, state)).toEqual(whole);
  });

  it('in the middle of an attack leaves no tensor and loses that batch only', async () => {
    let kept: AutoAttackState | undefined;
    let steps = 0;
    const callbacks = {
      beforeStep: () => {
        steps += 1;
        if (steps === 20) throw new Error('cancelled');
      },
      onProgress: ({ state }: AutoAttackProgress) => {
        kept = state();
      },
    };
    await withoutLeaks(() => expect(autoAttack(model, source, OPTIONS, callbacks)).rejects.toThrow('cancelled'));
    const { broken, robustAccuracy } = await autoAttack(model, source, OPTIONS, {}, kept);
    const whole = await autoAttack(model, source, OPTIONS);
    expect({ broken, robustAccuracy }).toEqual({ broken: whole.broken, robustAccuracy: whole.robustAccuracy });
  });

  it('does not go on with other settings', async () => {
    let state: AutoAttackState | undefined;
    const onProgress = (progress: AutoAttackProgress) => {
      state = progress.state();
    };
    await autoAttack(model, source, { ...OPTIONS, attacks: ['apgd-ce'] }, { onProgress });
    for (const other of [{ epsilon: 0.03 }, { seed: 6n }, { attacks: ['square'] as const }]) {
      const resumed = autoAttack(model, source, { ...OPTIONS, attacks: ['apgd-ce'], ...other }, {}, state);
      await expect(resumed).rejects.toMatchObject({ reason: ErrorReason.INVALID_FIELD, fields: [{ field: 'state' }] });
    }
  });
});

describe('what AutoAttack cannot do', () => {
  it.each([
    ['epsilon', { epsilon: -0.1 }, {}, {}],
    ['epsilon', { epsilon: Number.NaN }, {}, {}],
    ['examples', {}, { size: 0 }, {}],
    ['classes', {}, {}, { classes: 3 }],
  ])('is refused with the field %s', async (field, options, sourceChange, modelChange) => {
    const run = autoAttack({ ...model, ...modelChange }, { ...source, ...sourceChange }, { ...OPTIONS, ...options });
    await expect(run).rejects.toMatchObject({ reason: ErrorReason.INVALID_FIELD, fields: [{ field }] });
  });
});
