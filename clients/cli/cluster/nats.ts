import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from '../cli-error.ts';
import { type ManagedChild, startChild } from './managed-child.ts';
import { projectPaths } from './project-paths.ts';

// Checkpoints and index sets of a few runs of the largest model (45 MB each) fit many times over.
const STORE_LIMIT = '8GB';
const MEMORY_LIMIT = '64MB';
const READY_TIMEOUT_MS = 20_000;
const POLL_MS = 25;
// Where this process is killed, services notice it as well and take a few seconds to end in order, for which they need nats.
const LINGER_MS = 6_000;

/** How a local nats-server is started. */
export interface NatsOptions {
  /** Path of the nats-server binary. */
  readonly binary: string;
  /** Folder of its streams and configuration; made where missing. */
  readonly folder: string;
  readonly logFile: string;
  /** Whether the folder is deleted when the server ends, even where this process is killed. */
  readonly removeFolder: boolean;
}

/** A running nats-server. */
export interface LocalNats {
  readonly child: ManagedChild;
  /** nats://127.0.0.1:PORT. */
  readonly url: string;
}

/**
 * Starts nats-server with JetStream on a free loopback port. It runs below a supervisor that ends it when this process
 * is gone, since nats-server can't watch its parent. `signal` gives up waiting.
 */
export async function startNats(options: NatsOptions, signal?: AbortSignal): Promise<LocalNats> {
  mkdirSync(join(options.folder, 'store'), { recursive: true });
  removeOldPorts(options.folder);
  const configuration = join(options.folder, 'nats-server.conf');
  writeFileSync(configuration, configurationText(options.folder));
  const remove = options.removeFolder ? ['--remove', options.folder] : [];
  const child = startChild({
    name: 'nats',
    command: process.execPath,
    arguments: [
      projectPaths().supervisor,
      ...remove,
      '--linger',
      `${LINGER_MS}`,
      '--',
      options.binary,
      '-c',
      configuration,
    ],
    env: minimalEnvironment(),
    logFile: options.logFile,
    endsWithParent: true,
  });
  try {
    return { child, url: await waitForUrl(child, options, signal) };
  } catch (error) {
    child.kill();
    await child.exited;
    throw error;
  }
}

/** Port -1 lets the server choose a free one itself, so no other process can take it in between. */
function configurationText(folder: string): string {
  return [
    'listen: "127.0.0.1:-1"',
    `ports_file_dir: ${JSON.stringify(folder)}`,
    'jetstream {',
    `  store_dir: ${JSON.stringify(join(folder, 'store'))}`,
    `  max_memory_store: ${MEMORY_LIMIT}`,
    `  max_file_store: ${STORE_LIMIT}`,
    '}',
    '',
  ].join('\n');
}

async function waitForUrl(child: ManagedChild, options: NatsOptions, signal?: AbortSignal): Promise<string> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let ended: string | undefined;
  void child.exited.then((how) => {
    ended = how;
  });
  while (Date.now() < deadline) {
    if (ended !== undefined) throw child.unexpectedEnd(ended);
    const url = readPorts(options.folder);
    if (url !== undefined) return url;
    await delay(POLL_MS, undefined, { ...(signal && { signal }) });
  }
  throw new CliError(`nats wasn't ready after ${READY_TIMEOUT_MS / 1000} s; see ${options.logFile}`);
}

function portsFiles(folder: string): string[] {
  // A supervisor whose server failed has deleted the folder already; its end is reported in a moment.
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ports'))
    .map((name) => join(folder, name));
}

function removeOldPorts(folder: string): void {
  for (const file of portsFiles(folder)) rmSync(file);
}

/** The client address from the file that nats-server writes once it is ready. */
function readPorts(folder: string): string | undefined {
  for (const file of portsFiles(folder)) {
    try {
      const ports = JSON.parse(readFileSync(file, 'utf8')) as { nats?: string[] };
      if (ports.nats?.[0]) return ports.nats[0];
    } catch {
      // Half written: the next look finds it whole.
    }
  }
  return undefined;
}

function minimalEnvironment(): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME };
}
