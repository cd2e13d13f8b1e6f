import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { projectPaths } from '../../clients/cli/cluster/project-paths.ts';

const POLL_MS = 50;

/** The compiled `winnow` as a process of its own. */
export function startCli(...args: string[]) {
  const entry = join(projectPaths().root, 'dist', 'clients', 'cli', 'main.js');
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const text = { out: '', err: '' };
  child.stdout.on('data', (data) => {
    text.out += data;
  });
  child.stderr.on('data', (data) => {
    text.err += data;
  });
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal, ...text }));
  const said = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(text.out) ?? pattern.exec(text.err);
      if (found) return found;
      if (child.exitCode !== null) throw new Error(`ended before it said ${pattern}:\n${text.err}`);
      await delay(POLL_MS);
    }
  };
  return { pid: child.pid!, kill: (signal: NodeJS.Signals) => child.kill(signal), exited, said };
}

/** A process below another one. */
export interface Descendant {
  readonly pid: number;
  readonly command: string;
}

/** Every living process below `pid`, read from /proc. */
export function descendants(pid: number): Descendant[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => describe(Number(name)));
  const below = (parent: number): Descendant[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return below(pid).map(({ pid: id, command }) => ({ pid: id, command }));
}

function describe(pid: number): (Descendant & { parent: number })[] {
  try {
    const parent = Number(/\) \S+ (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
    return [{ pid, parent, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') }];
  } catch {
    // It ended while it was looked at.
    return [];
  }
}
