import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { projectPaths } from '../../clients/cli/cluster/project-paths.ts';

/** What this file takes from deploy/setup. */
interface SetUp {
  cacheFolder(env: NodeJS.ProcessEnv): string;
  tail(output: string, lines: number): string;
  withScratch<T>(cache: string, work: (scratch: string) => Promise<T>): Promise<T>;
  runTool(
    command: string,
    args: readonly string[],
    options: { logFile: string; env: NodeJS.ProcessEnv },
  ): Promise<{ ok: boolean; output: string }>;
}

/** A Python process that has started. */
export interface PythonProcess {
  readonly kill: (signal: NodeJS.Signals) => boolean;
  /** Waits for a line of its output. */
  readonly said: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly exited: Promise<{ readonly code: number | null; readonly output: string }>;
}

/** A Python with torch, what clients/python needs, and that package itself, installed by pip from its folder. */
export interface PythonEnvironment {
  /** Starts Python; killed at the end of the test where it still runs. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): PythonProcess;
  /** Runs Python to its end; throws with its output where it fails. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
}

/** Folder of the Python package. */
export const pythonPackage = join(projectPaths().root, 'clients', 'python');

/** Time that a first installation may take where torch has to be fetched, too. */
export const INSTALL_TIMEOUT_MS = 15 * 60_000;

const LINES_OF_PIP = 12;
const POLL_MS = 50;
const KEY_LENGTH = 12;
const PIP = ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--quiet'];

/**
 * The environment, made once per machine for each Python, torch and list of dependencies in the project's cache folder;
 * the package is installed once for each state of its files. A Python that has torch already is preferred, as torch is
 * large; without one, pip fetches it.
 */
export async function pythonEnvironment(): Promise<PythonEnvironment> {
  const parts = ['cache', 'scratch', 'tool'].map(
    (name) => import(pathToFileURL(join(projectPaths().root, 'deploy', 'setup', `${name}.mjs`)).href),
  );
  const setUp = Object.assign({}, ...(await Promise.all(parts))) as SetUp;
  const cache = join(setUp.cacheFolder(process.env), 'python');
  const base = findBase();
  const manifest = readFileSync(join(pythonPackage, 'pyproject.toml'), 'utf8');
  const venv = join(cache, `venv-${hash(manifest, base.path, base.torch ?? 'fetched')}`);
  const python = join(venv, 'bin', 'python');
  await ensure(setUp, venv, async (folder, pip) => {
    await pip(base.path, ['-m', 'venv', '--system-site-packages', folder]);
    // What is compiled against an old numpy does not run with a new one.
    const torch = base.torch === undefined ? ['torch>=1.13'] : base.torch.startsWith('1.') ? ['numpy<2'] : [];
    await pip(join(folder, 'bin', 'python'), [...PIP, `${pythonPackage}[test]`, ...torch]);
    await pip(join(folder, 'bin', 'python'), ['-m', 'pip', 'uninstall', '--quiet', '--yes', 'winnow']);
  });
  const installed = join(cache, `package-${hash(...packageFiles())}`);
  await ensure(setUp, installed, (folder, pip) =>
    pip(python, [...PIP, '--no-deps', '--target', folder, pythonPackage]),
  );
  return launcher(python, installed);
}

/** A python3 that has torch, or else the first python3 there is. */
function findBase(): { path: string; torch?: string } {
  const candidates = ['python3', '/usr/bin/python3'].filter((path) => spawnSync(path, ['-c', '']).status === 0);
  if (candidates.length === 0)
    throw new Error('python3 is not on PATH: install it (Debian: apt-get install python3-venv)');
  for (const path of candidates) {
    const { status, stdout } = spawnSync(path, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' });
    if (status === 0) return { path, torch: stdout.trim() };
  }
  return { path: candidates[0]! };
}

type Make = (folder: string, run: (command: string, args: readonly string[]) => Promise<void>) => Promise<void>;

/** Makes a folder that is not there yet beside its place and renames it, so that it is there whole or not at all. */
async function ensure(setUp: SetUp, folder: string, make: Make): Promise<void> {
  if (existsSync(folder)) return;
  await setUp.withScratch(setUp.cacheFolder(process.env), async (scratch) => {
    const made = join(scratch, 'made');
    await make(made, async (command, args) => {
      const { ok, output } = await setUp.runTool(command, args, { logFile: join(scratch, 'log'), env: process.env });
      if (!ok) throw new Error(`${command} ${args.join(' ')} failed:\n${setUp.tail(output, LINES_OF_PIP)}`);
    });
    mkdirSync(join(folder, '..'), { recursive: true });
    try {
      renameSync(made, folder);
    } catch (error) {
      // Another test file was faster and made the same.
      if (!existsSync(folder)) throw error;
    }
  });
}

function hash(...texts: readonly (string | Buffer)[]): string {
  const hashing = createHash('sha256');
  for (const text of texts) hashing.update(`${text.length} `).update(text);
  return hashing.digest('hex').slice(0, KEY_LENGTH);
}

/** Names and contents of what pip installs. */
function packageFiles(): (string | Buffer)[] {
  const names = readdirSync(join(pythonPackage, 'winnow'), { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.includes('__pycache__'))
    .map((name) => join('winnow', name))
    .filter((name) => statSync(join(pythonPackage, name)).isFile());
  return ['pyproject.toml', ...names.sort()].flatMap((name) => [name, readFileSync(join(pythonPackage, name))]);
}

function launcher(python: string, installed: string): PythonEnvironment {
  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): PythonProcess => {
    const own = { PYTHONPATH: installed, PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' };
    const child = spawn(python, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...own, ...env } });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        output += data;
      });
    }
    const exited = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
    const said = async (pattern: RegExp) => {
      for (;;) {
        const found = pattern.exec(output);
        if (found) return found;
        if (child.exitCode !== null) throw new Error(`ended before it said ${pattern}:\n${output}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    };
    return { kill: (signal) => child.kill(signal), said, exited };
  };
  return {
    start: (args, env) => {
      const running = start(args, env);
      onTestFinished(() => void running.kill('SIGKILL'));
      return running;
    },
    run: async (args, env) => {
      const { code, output } = await start(args, env).exited;
      if (code !== 0) throw new Error(`python ${args.join(' ')} ended with ${code}:\n${output}`);
      return output;
    },
  };
}
