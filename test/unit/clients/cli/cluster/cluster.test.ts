import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startCluster } from '../../../../../clients/cli/cluster/cluster.ts';
import { isAlive, until } from '../../processes.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { testNatsServer } from '../../test-nats-server.ts';

// What a service does at its process' edge, without the service.
const READY = `
import { writeFileSync } from 'node:fs';
writeFileSync(new URL('started.json', import.meta.url), JSON.stringify({ pid: process.pid, env: process.env }));
process.once('SIGTERM', () => process.exit(0));
process.stdin.once('end', () => process.exit(0)).resume();
console.log(JSON.stringify({ service: 'x', address: '127.0.0.1:' + (40000 + process.pid % 1000) }));
`;

async function cluster(sources: { scoring?: string; training?: string } = {}) {
  const root = temporaryFolder();
  const servicesFolder = join(root, 'services');
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(servicesFolder, path)), { recursive: true });
    writeFileSync(join(servicesFolder, path), text);
  };
  write('package.json', '{"type":"module"}');
  write('platform/telemetry/preload.js', '');
  write('scoring/main.js', sources.scoring ?? READY);
  write('training/main.js', sources.training ?? READY);
  const options = {
    servicesFolder,
    natsBinary: await testNatsServer(),
    natsFolder: join(root, 'nats'),
    removeNatsFolder: true,
    logFolder: join(root, 'logs'),
    dataRoot: join(root, 'data'),
    logLevel: 'warn',
    listen: { scoring: '127.0.0.1:0', training: '127.0.0.1:0' },
  };
  const started = (name: string) =>
    JSON.parse(readFileSync(join(servicesFolder, name, 'started.json'), 'utf8')) as {
      pid: number;
      env: Record<string, string>;
    };
  const natsPid = () => Number(/nats-server_(\d+)\.ports/.exec(readdirSync(options.natsFolder).join(' '))?.[1]);
  const start = async (signal?: AbortSignal) => {
    const running = await startCluster(options, signal);
    onTestFinished(() => running.stop());
    return running;
  };
  return { options, started, natsPid, start };
}

test('starts the three, wires them, and ends them without a trace', async () => {
  const { options, started, natsPid, start } = await cluster();
  const running = await start();
  expect(running.scoringAddress).toMatch(/^127\.0\.0\.1:40\d{3}$/);
  const { pid, env } = started('scoring');
  expect(env).toMatchObject({
    WINNOW_NATS_URL: running.natsUrl,
    WINNOW_DATA_ROOT: options.dataRoot,
    WINNOW_LISTEN: '127.0.0.1:0',
    WINNOW_LOG_LEVEL: 'warn',
    WINNOW_EXIT_WITH_PARENT: '1',
    OTEL_SERVICE_NAME: 'winnow-scoring',
  });
  expect(started('training').env.OTEL_SERVICE_NAME).toBe('winnow-training');
  const pids = [pid, started('training').pid, natsPid()];
  expect(pids.map(isAlive)).toEqual([true, true, true]);
  await running.stop();
  expect(pids.map(isAlive)).toEqual([false, false, false]);
  expect(existsSync(options.natsFolder)).toBe(false);
  expect(readdirSync(options.logFolder).sort()).toEqual(['nats.log', 'scoring.log', 'training.log']);
});

test('a service that ends by itself fails the cluster, with the tail of its log', async () => {
  const { started, start } = await cluster({
    training: `process.once('SIGUSR2', () => { console.error('out of memory'); process.exit(134); });${READY}`,
  });
  const running = await start();
  process.kill(started('training').pid, 'SIGUSR2');
  await expect(running.failed).rejects.toThrow(/training ended unexpectedly \(exit code 134\)[\s\S]*\nout of memory/);
});

test('nats-server being killed fails the cluster', async () => {
  const { natsPid, start } = await cluster();
  const running = await start();
  process.kill(natsPid(), 'SIGKILL');
  await expect(running.failed).rejects.toThrow(/nats ended unexpectedly/);
});

test('stopping is no failure', async () => {
  const { start } = await cluster();
  const running = await start();
  let failed = false;
  running.failed.catch(() => {
    failed = true;
  });
  await running.stop();
  expect(failed).toBe(false);
});

test('where one service does not start, nothing stays', async () => {
  const { options, started, start } = await cluster({
    scoring: `console.error('WINNOW_DATA_ROOT: no such folder'); process.exit(1);`,
  });
  await expect(start()).rejects.toThrow(/scoring ended unexpectedly[\s\S]*WINNOW_DATA_ROOT: no such folder/);
  expect(existsSync(options.natsFolder)).toBe(false);
  // It may have been ended before it wrote its file.
  let pid: number | undefined;
  try {
    pid = started('training').pid;
  } catch {}
  if (pid !== undefined) expect(isAlive(pid)).toBe(false);
});

test('an interrupt while services start ends everything', async () => {
  const { options, started, start } = await cluster({ training: `${READY.replace(/console\.log.*/, '')}` });
  const controller = new AbortController();
  const starting = start(controller.signal);
  starting.catch(() => {});
  await until('training has started', () => existsSync(join(options.servicesFolder, 'training', 'started.json')));
  await until('its file is whole', () => {
    try {
      return started('training').pid > 0;
    } catch {
      return false;
    }
  });
  controller.abort();
  await expect(starting).rejects.toThrow(/abort/i);
  expect(isAlive(started('training').pid)).toBe(false);
  expect(existsSync(options.natsFolder)).toBe(false);
});

test('a line that is no address is an error', async () => {
  const { start } = await cluster({ scoring: `console.log('hello'); setInterval(() => {}, 1000);` });
  await expect(start()).rejects.toThrow('scoring printed an unexpected line instead of its address: hello');
});
