import { describe, expect, test } from 'vitest';
import { MlflowApi } from '../../../../../clients/cli/export/mlflow/mlflow-api.ts';
import { MlflowExport } from '../../../../../clients/cli/export/mlflow/mlflow-export.ts';
import { runParams } from '../../../../../clients/cli/export/run-params.ts';
import { runSeries } from '../../../../../clients/cli/export/run-series.ts';
import { endedRun, exportedRun, STARTED_MS } from './exported-run.ts';
import { fakeMlflow } from './fake-mlflow.ts';

const { signal } = new AbortController();
const exportTo = (url: string, token?: string) => new MlflowExport(new MlflowApi(url, token, signal), 'robust');

describe('an export to MLflow', () => {
  test('makes the experiment and the run, and logs settings, curves and the end', async () => {
    const { url, requests, runs } = await fakeMlflow({ token: 's3cret' });
    const run = endedRun();
    expect(await exportTo(url, 's3cret').write(run)).toBe('m0');
    expect(runs).toHaveLength(1);
    const [kept] = runs;
    expect(kept).toMatchObject({
      name: 'pruned/a',
      status: 'FINISHED',
      startTime: STARTED_MS,
      endTime: 1_790_000_040_000,
    });
    expect(kept.tags).toEqual([{ key: 'winnow.run_id', value: 'r1' }]);
    expect(kept.params).toEqual([...runParams(run)].map(([key, value]) => ({ key, value })));
    expect(kept.metrics).toEqual(
      runSeries(run).map(({ name, step, value, timeMs }) => ({ key: name, step, value, timestamp: timeMs })),
    );
    expect(requests.every(({ authorization }) => authorization === 'Bearer s3cret')).toBe(true);
    expect(requests.map(({ path }) => path.replace('/api/2.0/mlflow/', ''))).toEqual([
      'experiments/get-by-name',
      'experiments/create',
      'runs/search',
      'runs/create',
      'runs/log-batch',
      'runs/log-batch',
      'runs/update',
    ]);
  });

  test('again, by another process, adds only what is new', async () => {
    const { url, runs } = await fakeMlflow();
    await exportTo(url).write(exportedRun(2));
    const { length } = runs[0].metrics;
    await exportTo(url).write(exportedRun(2));
    expect(runs).toHaveLength(1);
    expect(runs[0]).toMatchObject({ status: 'RUNNING' });
    expect(runs[0].metrics).toHaveLength(length);
    await exportTo(url).write(endedRun());
    expect(runs[0].metrics.filter(({ key }) => key === 'train/loss').map(({ step }) => step)).toEqual([1, 2, 3]);
    const { params } = runs[0];
    expect(new Set(params.map(({ key }) => key)).size).toBe(params.length);
  });

  test('keeps to the limits of a call', async () => {
    const { url, requests, runs } = await fakeMlflow();
    const long = exportedRun(400);
    const parameters = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`p${i}`, i]));
    long.spec!.selection!.parameters = parameters;
    await exportTo(url).write(long);
    expect(runs[0].metrics).toHaveLength(runSeries(long).length);
    expect(runs[0].params).toHaveLength(runParams(long).size);
    expect(requests.filter(({ path }) => path.endsWith('log-batch')).length).toBeGreaterThan(4);
  });

  test('goes on where the server was away for a moment', async () => {
    const { url, runs } = await fakeMlflow({ refuseFirst: 2 });
    await exportTo(url).write(exportedRun(1));
    expect(runs[0].metrics.length).toBeGreaterThan(0);
  });

  test('says what is wrong, and never the token', async () => {
    const { url } = await fakeMlflow({ token: 's3cret', deleted: 'robust' });
    await expect(exportTo(url, 'wr0ng').write(exportedRun(1))).rejects.toThrow(
      /^MLflow refused experiments\/get-by-name \(401\): who are you; set MLFLOW_TRACKING_TOKEN$/,
    );
    await expect(exportTo(url, 's3cret').write(exportedRun(1))).rejects.toThrow(/'robust' is deleted; restore it/);
    expect(() => exportTo('sqlite:///x.db')).toThrow(/is no http address; give one like/);
    expect(() => exportTo('http://me:pass@host')).toThrow(/leave credentials out/);
    expect(() => exportTo('http://tracking:5000', 's3cret')).toThrow(/would get MLFLOW_TRACKING_TOKEN unencrypted/);
    expect(() => exportTo('http://tracking:5000')).not.toThrow();
    expect(() => exportTo('https://tracking', 's3cret')).not.toThrow();
  });
});
