import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { summarySchema } from '../../services/report/summary-schema.ts';
import { isAlive, until } from '../unit/clients/processes.ts';
import { temporaryFolder } from '../unit/clients/temporary-folder.ts';
import { descendants, startCli } from './cli-process.ts';

const TIMEOUT_MS = 180_000;
const SMALL = ['--train-examples', '200', '--test-examples', '50', '--eval-examples', '50', '--steps', '2'];
/** Runs that would go on for many minutes. */
const LONG = ['--train-examples', '5000', '--epochs', '100'];

function startDemo(...options: string[]) {
  const folder = join(temporaryFolder(), 'run');
  return { folder, cli: startCli('demo', '--output', folder, ...options) };
}

/** A demo in the middle of training, and the processes it has started: supervisor, nats-server, scoring, training. */
async function runningDemo() {
  const { folder, cli } = startDemo(...LONG);
  await cli.said(/full +epoch +1\/100 {2}train \d+ %/);
  const processes = descendants(cli.pid);
  expect(processes).toHaveLength(4);
  const find = (part: string) => processes.find(({ command }) => command.includes(part))!.pid;
  const allGone = () => until('every process has ended', () => !processes.some(({ pid }) => isAlive(pid)), 20_000);
  return { folder, cli, find, allGone };
}

describe('winnow demo', { timeout: TIMEOUT_MS }, () => {
  test('leaves report, index sets, models and logs, and nothing else', async () => {
    const { folder, cli } = startDemo(...SMALL, '--epochs', '2', '--select-every', '1', '--eval-every', '1');
    await cli.said(/full +epoch/);
    const processes = descendants(cli.pid);
    const { code, out, err } = await cli.exited;
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(readdirSync(folder).sort()).toEqual([
      'adv-grad-match.safetensors',
      'full.safetensors',
      'index-sets',
      'logs',
      'plots',
      'report.html',
      'summary.json',
    ]);
    expect(readdirSync(join(folder, 'logs')).sort()).toEqual(['nats.log', 'scoring.log', 'training.log']);
    expect(readdirSync(join(folder, 'index-sets'))).toHaveLength(2);
    const summary = summarySchema.parse(JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')));
    expect(summary.runs.map(({ state, keptShare }) => ({ state, keptShare }))).toEqual([
      { state: 'succeeded', keptShare: 1 },
      { state: 'succeeded', keptShare: 0.3 },
    ]);
    expect(err).toMatch(/ {2}ok {4}nats-server/);
    expect(err).toMatch(/adv-grad-match +epoch 2\/2 {2}done .* kept 30 %/);
    expect(out).toContain('adv-grad-match');
    expect(out.trimEnd().split('\n').at(-1)).toBe(`Report   ${join(folder, 'report.html')}`);
    expect(processes.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  test('Ctrl-C cancels the runs and stops every process', async () => {
    const { folder, cli, allGone } = await runningDemo();
    cli.kill('SIGINT');
    // npm and the terminal both pass one keypress on.
    cli.kill('SIGINT');
    const { code, err } = await cli.exited;
    expect(code).toBe(130);
    expect(err).toContain(`Interrupted: runs cancelled, processes stopped; logs are in ${join(folder, 'logs')}`);
    expect(err).not.toContain('winnow: ');
    await allGone();
    expect(readdirSync(folder)).toEqual(['logs']);
  });

  test('no process outlives a command that is killed outright', async () => {
    const { folder, cli, allGone } = await runningDemo();
    cli.kill('SIGKILL');
    await allGone();
    await until('the streams are deleted', () => !existsSync(join(folder, '.cluster', 'nats')));
  });

  test.each(['training', 'scoring', 'nats-server'])('%s being killed ends it with a clear line', async (name) => {
    const { folder, cli, find, allGone } = await runningDemo();
    process.kill(find(name === 'nats-server' ? 'nats-server.conf' : `${name}/main.js`), 'SIGKILL');
    const { code, err } = await cli.exited;
    expect(code).toBe(1);
    const child = name === 'nats-server' ? 'nats' : name;
    expect(err).toMatch(
      new RegExp(`winnow: ${child} ended unexpectedly \\(.*\\); ${join(folder, 'logs', child)}\\.log`),
    );
    await allGone();
  });

  test('a data set that is not there is told before anything starts', async () => {
    const { folder, cli } = startDemo('--dataset', 'cifar-10');
    const { code, err } = await cli.exited;
    expect(code).toBe(1);
    expect(err).toMatch(/FAIL {2}data set {5}.*cifar-10 is missing or empty; .*--data-root.*\(there: mnist\)/);
    expect(existsSync(folder)).toBe(false);
  });
});
