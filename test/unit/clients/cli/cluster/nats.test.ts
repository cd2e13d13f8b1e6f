import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'nats';
import { expect, onTestFinished, test } from 'vitest';
import { startNats } from '../../../../../clients/cli/cluster/nats.ts';
import { isAlive, until } from '../../processes.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { testNatsServer } from '../../test-nats-server.ts';

async function start(removeFolder: boolean) {
  const root = temporaryFolder();
  const folder = join(root, 'nats');
  const logFile = join(root, 'nats.log');
  const nats = await startNats({ binary: await testNatsServer(), folder, logFile, removeFolder });
  onTestFinished(() => nats.child.stop(6_000));
  return { ...nats, folder, logFile };
}

test('starts JetStream on a free loopback port, with a limited store in its own folder', async () => {
  const { url, folder, logFile } = await start(false);
  expect(url).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/);
  const connection = await connect({ servers: url });
  onTestFinished(() => connection.close());
  const manager = await connection.jetstreamManager();
  await manager.streams.add({ name: 'runs', subjects: ['runs.>'] });
  await connection.jetstream().publish('runs.1');
  expect(connection.info?.jetstream).toBe(true);
  expect(existsSync(join(folder, 'store', 'jetstream'))).toBe(true);
  expect(readFileSync(logFile, 'utf8')).toMatch(/Max Storage:\s+8\.00 GB/);
});

test('two servers live side by side, and each ends with its folder', async () => {
  const [first, second] = await Promise.all([start(true), start(false)]);
  expect(first.url).not.toBe(second.url);
  await Promise.all([first.child.stop(6_000), second.child.stop(6_000)]);
  expect(existsSync(first.folder)).toBe(false);
  expect(existsSync(second.folder)).toBe(true);
});

test('keeps its streams over a restart on the same folder', async () => {
  const { child, url, folder, logFile } = await start(false);
  const before = await connect({ servers: url });
  await (await before.jetstreamManager()).streams.add({ name: 'runs', subjects: ['runs.>'] });
  await before.close();
  await child.stop(6_000);
  const again = await startNats({ binary: await testNatsServer(), folder, logFile, removeFolder: false });
  onTestFinished(() => again.child.stop(6_000));
  const after = await connect({ servers: again.url });
  onTestFinished(() => after.close());
  expect((await (await after.jetstreamManager()).streams.info('runs')).config.name).toBe('runs');
});

test('a binary that fails is an error with what it said', async () => {
  const root = temporaryFolder();
  const logFile = join(root, 'nats.log');
  const options = { binary: '/nonexistent/nats-server', folder: join(root, 'nats'), logFile, removeFolder: true };
  await expect(startNats(options)).rejects.toThrow(
    /nats ended unexpectedly \(exit code 127\)[\s\S]*can't start \/nonexistent\/nats-server/,
  );
});

test('gives up when it is interrupted, and leaves no process', async () => {
  const root = temporaryFolder();
  const options = {
    binary: '/bin/sleep',
    folder: join(root, 'nats'),
    logFile: join(root, 'nats.log'),
    removeFolder: true,
  };
  const controller = new AbortController();
  const starting = startNats(options, controller.signal);
  controller.abort();
  await expect(starting).rejects.toThrow(/abort/i);
});

test('no server outlives its supervisor', async () => {
  const { child, folder } = await start(false);
  const file = readFileSync(join(folder, 'nats-server.conf'), 'utf8');
  expect(file).toContain('max_file_store');
  const pid = Number(/nats-server_(\d+)\.ports/.exec(readdirSync(folder).join(' '))?.[1]);
  expect(isAlive(pid)).toBe(true);
  child.kill();
  await until('nats-server is gone', () => !isAlive(pid));
});
