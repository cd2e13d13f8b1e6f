import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { projectPaths } from '../cluster/project-paths.ts';
import type { Check } from './run-checks.ts';

const VERSION_TIMEOUT_MS = 10_000;

/** What deploy/setup/nats-server.mjs exports. */
interface NatsSetup {
  findNatsServer(options: { log: (line: string) => void }): Promise<string>;
}

/** A nats-server binary is at hand and runs; `path` tells where, once the check has passed. */
export function natsBinary(io: Pick<CliIo, 'err'>): Check & { path(): string } {
  let path: string | undefined;
  return {
    label: 'nats-server',
    find: async () => {
      const found = await locate(io);
      const version = await versionOf(found);
      path = found;
      return `${version} at ${found}`;
    },
    path: () => {
      if (path === undefined) throw new CliError('nats-server was not looked for; this is a fault of the command');
      return path;
    },
  };
}

async function locate(io: Pick<CliIo, 'err'>): Promise<string> {
  // Set-up is plain JavaScript that runs before anything is compiled, so it is no part of this build.
  const setup = (await import(pathToFileURL(projectPaths().natsSetup).href)) as NatsSetup;
  try {
    return await setup.findNatsServer({ log: (line) => io.err(`        ${line}`) });
  } catch (error) {
    throw new CliError((error as Error).message);
  }
}

async function versionOf(binary: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(binary, ['--version'], { timeout: VERSION_TIMEOUT_MS });
    return stdout.trim();
  } catch (error) {
    throw new CliError(
      `${binary} doesn't run (${(error as Error).message.split('\n')[0]}); name another in WINNOW_NATS_SERVER_BIN`,
    );
  }
}
