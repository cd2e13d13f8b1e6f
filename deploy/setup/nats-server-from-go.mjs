import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeFile, ensureEntry } from './cache-entry.mjs';
import { SetUpError } from './set-up-error.mjs';
import { runTool, tail } from './tool.mjs';

/** The newest release line that Go 1.25 builds. Go itself checks it against the public checksum database. */
export const GO_MODULE = 'github.com/nats-io/nats-server/v2@v2.12.15';

/**
 * Builds nats-server from source with the Go toolchain on PATH into the cache as `entry`.
 * @param {string} entry
 * @param {import('./wheel.mjs').WheelContext} context
 * @throws {SetUpError} when it does not build
 */
export async function installNatsServerWithGo(entry, context) {
  await ensureEntry(entry, context, async (folder, scratch) => {
    context.log(`building ${GO_MODULE} with Go (about a minute)`);
    const result = await runTool('go', ['install', '-trimpath', GO_MODULE], {
      cwd: scratch,
      logFile: join(scratch, 'go.log'),
      env: { ...context.env, GOBIN: folder, CGO_ENABLED: '0' },
    });
    const binary = join(folder, 'nats-server');
    if (!result.ok || !existsSync(binary)) throw new SetUpError([`go install ${GO_MODULE}: ${tail(result.output, 1)}`]);
    return { 'nats-server': await describeFile(binary) };
  });
}
