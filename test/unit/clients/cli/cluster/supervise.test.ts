import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { projectPaths } from '../../../../../clients/cli/cluster/project-paths.ts';
import { isAlive, until } from '../../processes.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const STUBBORN = 'process.on("SIGTERM", () => {}); console.log(process.pid); setInterval(() => {}, 1000)';
const ORDERLY = 'process.on("SIGTERM", () => process.exit(5)); console.log(process.pid); setInterval(() => {}, 1000)';

async function supervise(source: string, ...options: string[]) {
  const supervisor = spawn(
    process.execPath,
    [projectPaths().supervisor, ...options, '--', process.execPath, '-e', source],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const exited = once(supervisor, 'exit');
  onTestFinished(() => void supervisor.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: supervisor.stdout }), 'line');
  return { supervisor, exited, pid: Number(line) };
}

test('ends the command and deletes the folder when stdin closes', async () => {
  const folder = join(temporaryFolder(), 'store');
  mkdirSync(folder);
  const { supervisor, exited, pid } = await supervise(ORDERLY, '--remove', folder);
  expect(isAlive(pid)).toBe(true);
  supervisor.stdin.end();
  expect(await exited).toEqual([5, null]);
  expect(isAlive(pid)).toBe(false);
  expect(existsSync(folder)).toBe(false);
});

test('lingers after stdin closed where it is told to, but not after SIGTERM', async () => {
  const patient = await supervise(ORDERLY, '--linger', '500');
  const before = Date.now();
  patient.supervisor.stdin.end();
  await patient.exited;
  expect(Date.now() - before).toBeGreaterThanOrEqual(490);
  const { supervisor, exited } = await supervise(ORDERLY, '--linger', '60000');
  supervisor.kill('SIGTERM');
  expect(await exited).toEqual([5, null]);
});

test('passes SIGTERM on and gives the exit code back', async () => {
  const { supervisor, exited } = await supervise(ORDERLY);
  supervisor.kill('SIGTERM');
  expect(await exited).toEqual([5, null]);
});

test('kills a command that ignores SIGTERM', async () => {
  const { supervisor, exited, pid } = await supervise(STUBBORN);
  supervisor.stdin.end();
  expect(await exited).toEqual([1, null]);
  expect(isAlive(pid)).toBe(false);
});

test('ends with the command', async () => {
  const { exited, pid } = await supervise(ORDERLY);
  process.kill(pid, 'SIGKILL');
  expect(await exited).toEqual([1, null]);
});

test('the command is gone after the process that holds stdin was killed outright', async () => {
  const holder = spawn(
    process.execPath,
    [
      '-e',
      `const { spawn } = require('node:child_process');
       spawn(process.execPath, ${JSON.stringify([projectPaths().supervisor, '--', process.execPath, '-e', ORDERLY])},
         { stdio: ['pipe', 'inherit', 'inherit'], detached: true });`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = await once(createInterface({ input: holder.stdout }), 'line');
  const pid = Number(line);
  expect(isAlive(pid)).toBe(true);
  holder.kill('SIGKILL');
  await until('the command is gone', () => !isAlive(pid));
});
