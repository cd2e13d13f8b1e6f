import { describe, expect, test } from 'vitest';
import { NewPoints } from '../../../../../clients/cli/export/new-points.ts';
import { runParams } from '../../../../../clients/cli/export/run-params.ts';
import { runSeries } from '../../../../../clients/cli/export/run-series.ts';
import { endedRun, exportedRun, STARTED_MS } from './exported-run.ts';

const curve = (run: Parameters<typeof runSeries>[0], name: string) =>
  runSeries(run)
    .filter((point) => point.name === name)
    .map(({ step, value }) => [step, value]);

describe('the curves of a run', () => {
  test('have a point for each epoch, the first at step 1, at the time it ended', () => {
    const run = endedRun();
    expect(curve(run, 'train/loss')).toEqual([
      [1, 2],
      [2, 1],
      [3, 2 / 3],
    ]);
    expect(
      runSeries(run)
        .filter(({ name }) => name === 'train/loss')
        .map(({ timeMs }) => timeMs),
    ).toEqual([10_000, 20_000, 30_000].map((ms) => STARTED_MS + ms));
    expect(curve(run, 'train/kept_share')).toEqual([1, 2, 3].map((step) => [step, 0.5]));
    expect(curve(run, 'attack_groups/boundary')[0]).toEqual([1, 0.6]);
    expect(curve(run, 'test/robust_accuracy')).toEqual([[3, 0.5]]);
    expect(curve(run, 'selection/residual')).toEqual([[1, 0.125]]);
    expect(curve(run, 'cost/attack_seconds')).toEqual([[3, 6]]);
    expect(curve(run, 'cost/forward_passes')).toEqual([[3, 9000]]);
    expect(curve(run, 'result/robust_accuracy')).toEqual([[3, 0.55]]);
  });

  test('leave out what is not finite or not there', () => {
    const run = exportedRun(1);
    run.history[0].loss = Number.NaN;
    expect(curve(run, 'train/loss')).toEqual([]);
    expect(curve(run, 'selection/overlap')).toEqual([]);
    expect(runSeries(exportedRun(0)).map(({ name }) => name)).not.toContain('cost/attack_seconds');
  });
});

describe('new points', () => {
  test('are those beyond a curve’s end, or another value there', () => {
    const points = new NewPoints([{ name: 'train/loss', step: 1, value: 2 }]);
    const told = points.take(runSeries(exportedRun(2)));
    expect(told.filter(({ name }) => name === 'train/loss').map(({ step }) => step)).toEqual([2]);
    expect(points.take(runSeries(exportedRun(2)))).toEqual([]);
    const changed = exportedRun(2);
    changed.cost!.seconds!.attack = 7;
    expect(points.take(runSeries(changed)).map(({ name, value }) => [name, value])).toEqual([
      ['cost/attack_seconds', 7],
    ]);
  });
});

test('the parameters of a run are its settings, nested ones with dots, and a large seed is exact', () => {
  const params = runParams(exportedRun(0));
  expect(Object.fromEntries(params)).toMatchObject({
    dataset: 'mnist',
    objective: 'trades',
    beta: '6',
    scorer: 'adv-grad-match',
    fraction: '0.5',
    seed: '1152921504606846976',
    'trainingAttack.steps': '10',
    'selection.parameters.lambda': '0.5',
    train_examples: '1000',
    device: 'cpu',
  });
  expect([...params.values()]).not.toContain('null');
});
