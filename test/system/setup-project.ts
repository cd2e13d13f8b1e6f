import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TFJS = 'node_modules/@tensorflow/tfjs-node-gpu';
const SETUP = join(ROOT, 'deploy/setup');

/** The machine's own cache, so that a test downloads TensorFlow only where no set-up has run yet. */
export const MACHINE_CACHE = process.env.WINNOW_CACHE_DIR ?? join(homedir(), '.cache/winnow');

/** A project as `npm ci` leaves it: tfjs-node-gpu's package is a copy without addon, the rest are links. */
export function freshProject(folder: string): string {
  cpSync(SETUP, join(folder, 'deploy/setup'), { recursive: true });
  mkdirSync(join(folder, 'node_modules/@tensorflow'), { recursive: true });
  for (const parent of ['node_modules', 'node_modules/@tensorflow']) {
    for (const name of readdirSync(join(ROOT, parent))) {
      const path = join(parent, name);
      if (path !== TFJS && name !== '@tensorflow') symlinkSync(join(ROOT, path), join(folder, path));
    }
  }
  const fromNpm = /tfjs-node-gpu\/(deps|lib|build|\.winnow)/;
  cpSync(join(ROOT, TFJS), join(folder, TFJS), { recursive: true, filter: (path) => !fromNpm.test(path) });
  return folder;
}

/** The file by which a set-up remembers what it installed. */
export function recordOf(project: string): string {
  return join(project, TFJS, '.winnow-set-up.json');
}

/** A child's end: its exit code (null after a signal) and all it printed. */
export interface Finished {
  readonly code: number | null;
  readonly output: string;
}

/** Starts Node with a PATH and variables of the test's choice on top of this process's own. */
export function startNode(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}

export function finish(child: ChildProcess): Promise<Finished> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

/** Runs a project's set-up to its end. */
export function runSetUp(project: string, env: Record<string, string> = {}): Promise<Finished> {
  return finish(startNode([join(project, 'deploy/setup/main.mjs')], env));
}

/** The program that calls one function of deploy/setup and prints its result, or its one-line problems. */
export function calling(module: string, call: string): string[] {
  const program = `
    import * as it from ${JSON.stringify(join(SETUP, module))};
    import { printSetUpError } from ${JSON.stringify(join(SETUP, 'set-up-error.mjs'))};
    const log = (line) => console.log('log: ' + line);
    try { console.log(await ${call}) } catch (error) { printSetUpError(error); process.exitCode = 1 }`;
  return ['--input-type=module', '--eval', program];
}

/** A PATH folder that holds only these tools of the machine's. */
export function pathWith(folder: string, tools: readonly string[]): string {
  mkdirSync(folder, { recursive: true });
  for (const tool of tools) symlinkSync(locate(tool), join(folder, tool));
  return folder;
}

function locate(tool: string): string {
  if (tool === 'python3') return execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], TEXT).trim();
  const folders = (process.env.PATH ?? '').split(delimiter);
  return join(folders.find((candidate) => readdirIfThere(candidate).includes(tool)) ?? '/missing', tool);
}

const TEXT = { encoding: 'utf8' } as const;

function readdirIfThere(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Writes a wheel with one file of zeros, and returns its pin as `installWheel` takes it. */
export function makeWheel(folder: string, bytes: number): Record<string, unknown> {
  const file = 'winnow_fixture-1.0-py3-none-any.whl';
  execFileSync('python3', ['-c', MAKE_WHEEL, join(folder, file), String(bytes)]);
  const sha256 = createHash('sha256')
    .update(readFileSync(join(folder, file)))
    .digest('hex');
  return { file, sha256, bytes, unpackedBytes: bytes, folder: 'fixture', members: 'zeros$' };
}

const MAKE_WHEEL = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED, compresslevel=1) as wheel:
    with wheel.open('fixture/zeros', 'w') as member:
        for _ in range(int(sys.argv[2]) >> 20):
            member.write(bytes(1 << 20))
    info = 'winnow_fixture-1.0.dist-info/'
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: winnow-fixture\\nVersion: 1.0\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(info + 'RECORD', '')
`;
