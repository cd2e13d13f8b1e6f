import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CliError } from '../../../clients/cli/cli-error.ts';
import { projectPaths } from '../../../clients/cli/cluster/project-paths.ts';

/** What else peerPython may be told. */
export interface PeerPythonOptions {
  /** Takes lines of progress; standard error where absent. */
  readonly log?: ((line: string) => void) | undefined;
  /** The process's own where absent. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Installs what the file names and nothing that it depends on. */
  readonly noDeps?: boolean | undefined;
}

type Env = Readonly<NodeJS.ProcessEnv>;

/** What this file takes from deploy/setup. */
interface SetUp {
  cacheFolder(env: Env): string;
  missingPip(env: Env): string | undefined;
  tail(output: string, lines: number): string;
  withScratch<T>(cache: string, work: (scratch: string) => Promise<T>): Promise<T>;
  runTool(
    command: string,
    args: readonly string[],
    options: { logFile: string; env: Env; cwd?: string },
  ): Promise<{ ok: boolean; output: string }>;
}

// A long installation shows that it is alive.
const PROGRESS_EVERY_MS = 20_000;
const LINES_OF_PIP = 8;
/** Characters of the hash in a folder's name: enough for a handful of environments. */
const KEY_LENGTH = 12;

/**
 * The Python of an environment with what a requirements file pins, made once per machine, file and Python version in
 * the project's cache folder (deploy/setup/cache.mjs) and left alone after that. Scripts that pip puts into its `bin`
 * don't run, as the folder is renamed once it is whole; use `python -m`. CliError naming what is missing.
 */
export async function peerPython(requirements: string, options: PeerPythonOptions = {}): Promise<string> {
  const requirementsFile = resolve(requirements);
  const { env = process.env, log = console.error, noDeps = false } = options;
  const setUp = await loadSetUp();
  const missing = setUp.missingPip(env) ?? missingVenv(env);
  if (missing !== undefined) throw new CliError(`the peer's environment can't be made: ${missing}`);
  const cache = setUp.cacheFolder(env);
  const folder = join(
    cache,
    'peers',
    environmentName(readFileSync(requirementsFile, 'utf8'), pythonVersion(env), noDeps),
  );
  const python = join(folder, 'bin', 'python');
  if (!starts(python)) {
    await setUp.withScratch(cache, async (scratch) => {
      const made = await install({ requirementsFile, scratch, folder, env, log, noDeps }, setUp);
      mkdirSync(dirname(folder), { recursive: true });
      putInPlace(made, folder, scratch);
    });
  }
  return python;
}

/** Name of an environment's folder, for example `3.11-0123456789ab`. */
export function environmentName(requirements: string, pythonVersion: string, noDeps: boolean): string {
  const key = createHash('sha256').update(`${noDeps}\n${requirements}`).digest('hex').slice(0, KEY_LENGTH);
  return `${pythonVersion}-${key}`;
}

async function loadSetUp(): Promise<SetUp> {
  const parts = ['cache', 'python', 'scratch', 'tool'].map(
    (name) => import(pathToFileURL(join(projectPaths().root, 'deploy', 'setup', `${name}.mjs`)).href),
  );
  return Object.assign({}, ...(await Promise.all(parts))) as SetUp;
}

function missingVenv(env: Env): string | undefined {
  if (spawnSync('python3', ['-c', 'import venv, ensurepip'], { env }).status === 0) return undefined;
  return 'python3 has no venv: install it (Debian: apt-get install python3-venv)';
}

function pythonVersion(env: Env): string {
  const program = 'import sys; print("%d.%d" % sys.version_info[:2])';
  return spawnSync('python3', ['-c', program], { env, encoding: 'utf8' }).stdout.trim();
}

function starts(python: string): boolean {
  return existsSync(python) && spawnSync(python, ['-c', '']).status === 0;
}

interface Installation extends Required<PeerPythonOptions> {
  readonly requirementsFile: string;
  readonly scratch: string;
  /** Where the environment will be, for messages. */
  readonly folder: string;
  readonly env: Env;
  readonly log: (line: string) => void;
}

async function install({ requirementsFile, scratch, folder, env, log, noDeps }: Installation, setUp: SetUp) {
  const made = join(scratch, 'venv');
  const logFile = join(scratch, 'log');
  const run = async (command: string, args: readonly string[], failed: string) => {
    const { ok, output } = await setUp.runTool(command, args, { logFile, env, cwd: dirname(requirementsFile) });
    if (!ok) throw new CliError(`${failed}:\n${setUp.tail(output, LINES_OF_PIP)}`);
  };
  log(`peer: installing ${requirementsFile} into ${folder} (once; some minutes, some GB)`);
  const started = performance.now();
  const alive = setInterval(() => {
    log(`peer: still installing after ${Math.round((performance.now() - started) / 1000)} s`);
  }, PROGRESS_EVERY_MS);
  try {
    await run('python3', ['-m', 'venv', made], 'python3 -m venv failed');
    const pip = ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off'];
    await run(
      join(made, 'bin', 'python'),
      [...pip, ...(noDeps ? ['--no-deps'] : []), '-r', requirementsFile],
      `pip could not install ${requirementsFile}; it needs a package index (see "pip config list")`,
    );
  } finally {
    clearInterval(alive);
  }
  return made;
}

/** Another bench may have been faster and made the same; one that no longer starts makes room. */
function putInPlace(made: string, folder: string, scratch: string): void {
  if (existsSync(folder)) {
    if (starts(join(folder, 'bin', 'python'))) return;
    renameSync(folder, join(scratch, 'broken'));
  }
  renameSync(made, folder);
}
