import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { projectPaths } from '../../clients/cli/cluster/project-paths.ts';

/** A real nats-server with JetStream, in a directory of its own. */
export interface NatsServer {
  /** `nats://127.0.0.1:PORT`; stays the same when the server is started again. */
  readonly url: string;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Kills it as a crash would. Its storage stays. */
  kill(): Promise<void>;
  /** Starts it again after {@link kill}, on the same port. */
  start(): Promise<void>;
  /** Kills it and removes its directory. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 20_000;

/** Starts a server on a free port of 127.0.0.1, with a bound on what it may store, or more configuration, where given. */
export async function startNatsServer(options: { maxStoreBytes?: number; config?: string } = {}): Promise<NatsServer> {
  const binary = await findBinary();
  const directory = await mkdtemp(join(tmpdir(), 'winnow-nats-'));
  const { maxStoreBytes, config = '' } = options;
  const limit = maxStoreBytes === undefined ? '' : `max_file_store: ${maxStoreBytes}`;
  await writeFile(
    join(directory, 'nats.conf'),
    `jetstream { store_dir: "${join(directory, 'data')}"\n${limit} }\n${config}\n`,
  );
  let child = run(binary, directory, -1);
  const port = await portOf(child, directory);
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    get pid() {
      return child.pid!;
    },
    kill,
    start: async () => {
      child = run(binary, directory, port);
      await portOf(child, directory);
    },
    stop: async () => {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function run(binary: string, directory: string, port: number): ChildProcess {
  const args = ['-c', join(directory, 'nats.conf'), '-a', '127.0.0.1', '-p', `${port}`];
  return spawn(binary, [...args, '--ports_file_dir', directory, '-l', join(directory, 'log')], { stdio: 'ignore' });
}

/** The port that a server listens on, once it does; it writes that into a file named for its process. */
async function portOf(child: ChildProcess, directory: string): Promise<number> {
  const end = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < end && child.exitCode === null) {
    const file = (await readdir(directory)).find((name) => name.endsWith(`_${child.pid}.ports`));
    const text = file ? await readFile(join(directory, file), 'utf8') : '';
    const port = /(?:nats|tls):\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1];
    if (port) return Number(port);
    await sleep(20);
  }
  child.kill('SIGKILL');
  const log = await readFile(join(directory, 'log'), 'utf8').catch(() => '(it wrote no log)');
  throw new Error(`nats-server did not start within ${START_TIMEOUT_MS} ms:\n${log}`);
}

async function findBinary(): Promise<string> {
  // Not a literal, since the set-up scripts have no types.
  const setUp = pathToFileURL(projectPaths().natsSetup).href;
  const { findNatsServer } = (await import(setUp)) as {
    findNatsServer(options: { log(message: string): void }): Promise<string>;
  };
  return findNatsServer({ log: () => {} });
}
