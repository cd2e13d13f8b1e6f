import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isAlive } from '../unit/clients/processes.ts';
import { temporaryFolder } from '../unit/clients/temporary-folder.ts';
import { descendants, startCli } from './cli-process.ts';

const TIMEOUT_MS = 180_000;

async function freeAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

describe('winnow serve', { timeout: TIMEOUT_MS }, () => {
  test('serves every other command, and keeps runs over a restart', async () => {
    const store = join(temporaryFolder(), 'store');
    const where = ['--training', await freeAddress(), '--scoring', await freeAddress()];
    const call = async (...args: string[]) => {
      const result = await startCli(...where, ...args).exited;
      if (result.code !== 0) throw new Error(`${args.join(' ')}: ${result.err}`);
      return result.out.trimEnd();
    };
    const first = startCli(...where, 'serve', '--store', store);
    await first.said(/Ctrl-C stops it/);

    const scorers = JSON.parse(await call('scorers', '--json')).scorers.map(({ name }: { name: string }) => name);
    expect(scorers).toContain('adv-grad-match');
    const small = ['--train-examples', '200', '--test-examples', '50', '--steps', '1', '--epochs', '1'];
    const id = await call('run', 'create', '--scorer', 'random', '--name', 'tiny', ...small);
    expect(await call('run', 'watch', id)).toContain('state     succeeded');
    expect(await call('index-set', 'get', id)).toContain('kept        60 of 200 (30 %)');
    expect((await call('index-set', 'get', id, '0', '--indices')).split('\n')).toHaveLength(60);
    expect(await call('evaluate', '--run', id, '--eval-steps', '1', '--eval-examples', '20')).toMatch(
      /^clean .* 20 examples$/m,
    );
    const select = ['select', '--scorer', 'adversarial-loss', '--run', id, '--fraction', '0.1'];
    expect(await call(...select)).toContain('kept        20 of 200 (10 %)');
    const model = join(temporaryFolder(), 'tiny.safetensors');
    expect(await call('run', 'download', id, '-o', model)).toMatch(/ \d+ bytes$/);

    const processes = descendants(first.pid);
    first.kill('SIGTERM');
    expect((await first.exited).code).toBe(0);
    expect(processes).toHaveLength(4);
    expect(processes.filter(({ pid }) => isAlive(pid))).toEqual([]);

    const second = startCli(...where, 'serve', '--store', store, '--json');
    await second.said(/"trainingAddress"/);
    expect(await call('run', 'list')).toMatch(new RegExp(`${id} +tiny +succeeded`));
    second.kill('SIGINT');
    expect((await second.exited).code).toBe(0);
  });

  test('a store in use is refused', async () => {
    const store = join(temporaryFolder(), 'store');
    const where = async () => ['--training', await freeAddress(), '--scoring', await freeAddress()];
    const first = startCli(...(await where()), 'serve', '--store', store);
    await first.said(/Ctrl-C stops it/);
    const second = await startCli(...(await where()), 'serve', '--store', store).exited;
    expect(second.code).toBe(1);
    expect(second.err).toContain(`is in use by process ${first.pid}; stop it, or give another folder with --store`);
    first.kill('SIGINT');
    expect((await first.exited).code).toBe(0);
  });

  test('a port in use is told before anything starts', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(server.address() as { port: number }).port}`;
    const { code, err } = await startCli('--training', address, 'serve', '--store', temporaryFolder()).exited;
    server.close();
    expect(code).toBe(1);
    expect(err).toContain(`can't listen on ${address} (EADDRINUSE); give another address with --training`);
  });
});
