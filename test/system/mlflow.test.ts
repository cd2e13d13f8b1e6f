import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { MlflowApi } from '../../clients/cli/export/mlflow/mlflow-api.ts';
import { MlflowExport } from '../../clients/cli/export/mlflow/mlflow-export.ts';
import { runParams } from '../../clients/cli/export/run-params.ts';
import { runSeries } from '../../clients/cli/export/run-series.ts';
import { endedRun, exportedRun } from '../unit/clients/cli/export/exported-run.ts';
import { temporaryFolder } from '../unit/clients/temporary-folder.ts';
import { freePort } from './prometheus-endpoint.ts';

const MLFLOW = process.env.WINNOW_TEST_MLFLOW ?? 'mlflow';
const START_TIMEOUT_MS = 90_000;

interface ServersRun {
  readonly info: { readonly status: string; readonly run_id: string; readonly run_name: string };
  readonly data: {
    readonly metrics: readonly { key: string; value: number; step?: number }[];
    readonly params: readonly { key: string; value: string }[];
  };
}

test('a real MLflow server takes a run, and takes it again', { timeout: 180_000 }, async ({ skip }) => {
  if (!isInstalled()) skip(`${MLFLOW} is not installed; pip install mlflow, or set WINNOW_TEST_MLFLOW to its command`);
  const url = await startMlflow();
  const { signal } = new AbortController();
  const exportTo = () => new MlflowExport(new MlflowApi(url, undefined, signal), 'robust');
  const id = await exportTo().write(exportedRun(2));
  expect(await exportTo().write(endedRun())).toBe(id);
  expect(await exportTo().write(endedRun())).toBe(id);

  const { run } = (await ask(`${url}/api/2.0/mlflow/runs/get?run_id=${id}`)) as { run: ServersRun };
  expect(run.info).toMatchObject({ status: 'FINISHED', run_name: 'pruned/a' });
  const points = runSeries(endedRun());
  const last = new Map(points.map(({ name, value }) => [name, value]));
  expect(new Map(run.data.metrics.map(({ key, value }) => [key, value]))).toEqual(last);
  expect(new Map(run.data.params.map(({ key, value }) => [key, value]))).toEqual(runParams(endedRun()));
  const history = `${url}/api/2.0/mlflow/metrics/get-history?run_id=${id}&metric_key=train/loss`;
  const { metrics } = (await ask(history)) as { metrics: { step: number; value: number }[] };
  expect(metrics.map(({ step, value }) => [step, value])).toEqual([
    [1, 2],
    [2, 1],
    [3, 2 / 3],
  ]);
});

async function ask(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}

function isInstalled(): boolean {
  try {
    execFileSync(MLFLOW, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A server of the test's own, with its data in a temporary folder; resolves to its address once it answers. */
async function startMlflow(): Promise<string> {
  const [folder, port] = [temporaryFolder(), await freePort()];
  const where = ['--host', '127.0.0.1', '--port', `${port}`, '--workers', '1'];
  const store = ['--backend-store-uri', `sqlite:///${join(folder, 'm.db')}`, '--artifacts-destination', folder];
  // a process group of its own, as the command starts others
  const server = spawn(MLFLOW, ['server', ...where, ...store], { stdio: 'ignore', detached: true, cwd: folder });
  onTestFinished(() => void process.kill(-server.pid!, 'SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  const end = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < end && server.exitCode === null) {
    const isUp = await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return url;
    await sleep(200);
  }
  throw new Error(`${MLFLOW} did not answer within ${START_TIMEOUT_MS} ms (exit code ${server.exitCode})`);
}
