import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type ChildCommand, startChild } from '../../../../../clients/cli/cluster/managed-child.ts';
import { isAlive, until } from '../../processes.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

function startScript(source: string, options: Partial<ChildCommand> = {}) {
  const folder = temporaryFolder();
  const script = join(folder, 'child.mjs');
  const logFile = join(folder, 'child.log');
  writeFileSync(script, source);
  const child = startChild({
    name: 'child',
    command: process.execPath,
    arguments: [script],
    env: { PATH: process.env.PATH ?? '' },
    logFile,
    ...options,
  });
  onTestFinished(() => child.kill());
  return { child, logFile, folder };
}

test('gives the first line on stdout and sends stderr to the log', async () => {
  const { child, logFile } = startScript(
    `console.error('a log line'); console.log('ready'); console.log('more'); setInterval(() => {}, 1000);`,
    { readyLine: true },
  );
  expect(await child.firstLine(10_000)).toBe('ready');
  await child.stop(5_000);
  expect(readFileSync(logFile, 'utf8')).toBe('a log line\n');
});

test('a child that goes on printing after its first line is not blocked', async () => {
  const { child, folder } = startScript(
    `import { writeFileSync } from 'node:fs';
     console.log('ready'); for (let i = 0; i < 200; i++) console.log('x'.repeat(10_000));
     process.stdout.write('', () => writeFileSync(new URL('done', import.meta.url), ''));
     setInterval(() => {}, 1000);`,
    { readyLine: true },
  );
  await child.firstLine(10_000);
  await until('2 MB printed', () => existsSync(join(folder, 'done')));
});

test('a child that ends before its first line is an error with the tail of its log', async () => {
  const { child, logFile } = startScript(`console.error('no such data root'); process.exit(3);`, { readyLine: true });
  await expect(child.firstLine(10_000)).rejects.toThrow(
    new RegExp(`child ended unexpectedly \\(exit code 3\\); ${logFile}.*\\nno such data root`),
  );
});

test('a child that says nothing in time is an error that names its log', async () => {
  const { child, logFile } = startScript('setInterval(() => {}, 1000);', { readyLine: true });
  await expect(child.firstLine(200)).rejects.toThrow(`child wasn't ready after 0.2 s; see ${logFile}`);
});

test('a command that is not there ends at once, and says so', async () => {
  const { child } = startScript('', { command: '/nonexistent/nats-server' });
  expect(await child.exited).toMatch(/can't be started: .*ENOENT/);
  await child.stop(1_000);
});

test('stop ends a child in order, and may be called again', async () => {
  const { child, logFile } = startScript(
    `process.on('SIGTERM', () => { console.error('closing'); process.exit(0); });
     console.log('ready'); setInterval(() => {}, 1000);`,
    { readyLine: true },
  );
  await child.firstLine(10_000);
  await Promise.all([child.stop(5_000), child.stop(5_000)]);
  await child.stop(5_000);
  expect(await child.exited).toBe('exit code 0');
  expect(readFileSync(logFile, 'utf8')).toBe('closing\n');
});

test('stop kills a child that ignores SIGTERM, and what it started', async () => {
  const { child } = startScript(
    `import { spawn } from 'node:child_process';
     const source = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);';
     const inner = spawn(process.execPath, ['-e', source], { stdio: 'ignore' });
     process.on('SIGTERM', () => {});
     console.log(inner.pid); setInterval(() => {}, 1000);`,
    { readyLine: true },
  );
  const inner = Number(await child.firstLine(10_000));
  expect(isAlive(inner)).toBe(true);
  const before = Date.now();
  await child.stop(300);
  expect(Date.now() - before).toBeGreaterThanOrEqual(290);
  expect(await child.exited).toBe('signal SIGKILL');
  await until('the inner process is gone', () => !isAlive(inner));
});

test('whatever a child leaves behind in its group ends with it', async () => {
  const { child } = startScript(
    `import { spawn } from 'node:child_process';
     const inner = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
     console.log(inner.pid); inner.unref();`,
    { readyLine: true },
  );
  const inner = Number(await child.firstLine(10_000));
  expect(await child.exited).toBe('exit code 0');
  await until('the inner process is gone', () => !isAlive(inner));
});

test("a terminal's Ctrl-C does not reach the child", async () => {
  const { child } = startScript(`console.log('ready'); setInterval(() => {}, 1000);`, { readyLine: true });
  await child.firstLine(10_000);
  const group = Number(readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2]);
  expect(group).toBe(child.pid);
});
