import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectPaths } from '../../clients/cli/cluster/project-paths.ts';

const TIMEOUT_MS = 60_000;

function start(...args: string[]) {
  const { root } = projectPaths();
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'deploy', 'start.mjs'), ...args], {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  return { status, stdout, stderr };
}

test.each([
  [['--help'], 'Usage: winnow demo [options]'],
  [['serve', '--help'], 'Usage: winnow serve [options]'],
  [['help'], 'Usage: winnow [options] [command]'],
])('%j answers at once', (args, usage) => {
  const { status, stdout, stderr } = start(...args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.startsWith(usage)).toBe(true);
});

test('options alone are the demo’s', { timeout: TIMEOUT_MS }, () => {
  const { status, stderr } = start('--quick', '--epochs', 'many');
  expect(status).toBe(2);
  expect(stderr).toContain("option '--epochs <n>' argument 'many' is invalid");
});

test('any other command runs too, and its exit code is passed on', { timeout: TIMEOUT_MS }, () => {
  const failed = start('--training', '127.0.0.1:1', 'run', 'list');
  expect(failed.status).toBe(1);
  expect(failed.stderr).toContain('winnow: UNAVAILABLE');
  const unknown = start('frobnicate');
  expect(unknown.status).toBe(2);
  expect(unknown.stderr).toContain("unknown command 'frobnicate'");
});
