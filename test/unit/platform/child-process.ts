import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const LOADER = path('../../system/typescript-loader.mjs');
/** The preload that every start script names. */
export const PRELOAD = path('../../../services/platform/telemetry/preload.ts');

/** A process of its own that runs one of the fixtures. */
export interface Child {
  readonly process: ChildProcess;
  stdout: string;
  stderr: string;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Waits until its standard output contains a text. */
  prints(text: string): Promise<void>;
}

/** Runs `fixtures/NAME.ts` from its source. The parent's environment is not passed on but for PATH. */
export function runFixture(name: string, options: { env?: Record<string, string>; imports?: string[] } = {}): Child {
  const imports = [LOADER, ...(options.imports ?? [])].flatMap((module) => ['--import', module]);
  const child = spawn(process.execPath, [...imports, path(`./fixtures/${name}.ts`)], {
    env: { PATH: process.env.PATH, ...options.env },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const result: Child = {
    process: child,
    stdout: '',
    stderr: '',
    ended: new Promise((resolve) => {
      child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
    }),
    prints: (text) => eventually(() => result.stdout.includes(text), 20_000),
  };
  child.stdout.on('data', (chunk) => {
    result.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    result.stderr += chunk;
  });
  return result;
}
