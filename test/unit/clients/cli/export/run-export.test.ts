import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Run } from '../../../../../proto/gen/winnow/v1/run_pb.ts';
import { scriptedServer } from '../../scripted-server.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { runAgainst } from '../test-io.ts';
import { readEventFile } from './event-file.ts';
import { endedRun, exportedRun } from './exported-run.ts';
import { fakeMlflow } from './fake-mlflow.ts';

async function serverOf(...states: Run[]) {
  async function* watchRun() {
    for (const value of states) yield { event: { case: 'run' as const, value } };
  }
  return (await scriptedServer({ training: { getRun: async () => ({ run: states[0] }), watchRun } })).address;
}

test('a run is written to both places, which are said', async () => {
  const address = await serverOf(endedRun());
  const { url, runs } = await fakeMlflow();
  const places = ['--tensorboard', temporaryFolder(), '--mlflow', url];
  const { code, out } = await runAgainst(address, ['run', 'export', 'r1', ...places, '--json']);
  expect(code).toBe(0);
  const written = JSON.parse(out);
  expect(written.mlflow).toBe(runs[0].id);
  expect(readEventFile(readFileSync(written.tensorboard)).scalars.length).toBe(runs[0].metrics.length);
});

test('a run that is followed is kept up to date until it has ended', async () => {
  const address = await serverOf(exportedRun(0), exportedRun(1), exportedRun(1), exportedRun(2), endedRun());
  const { url, runs } = await fakeMlflow();
  const { code, out } = await runAgainst(address, ['run', 'export', 'r1', '--follow', '--mlflow', url]);
  expect([code, out]).toEqual([0, 'mlflow       m0']);
  expect(runs[0].status).toBe('FINISHED');
  expect(runs[0].metrics.filter(({ key }) => key === 'train/loss').map(({ step }) => step)).toEqual([1, 2, 3]);
});

test('without a place there is nothing to do', async () => {
  const { code, err } = await runAgainst(await serverOf(endedRun()), ['run', 'export', 'r1']);
  expect([code, err]).toEqual([1, 'winnow: give --tensorboard, --mlflow, or both']);
});
