import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from '../cli-error.ts';
import { logTail } from './log-tail.ts';

/** What to start, and where its output goes. */
export interface ChildCommand {
  /** Short name for messages: "nats", "scoring". */
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** The whole environment; nothing is inherited beside it. */
  readonly env: Readonly<Record<string, string>>;
  /** File that takes stderr, and stdout too unless `readyLine`. */
  readonly logFile: string;
  /** Whether the child's first line on stdout is read by `firstLine` instead of going to the log. */
  readonly readyLine?: boolean;
  /** Whether the child is known to end, and to tidy up, by itself when this process is gone. */
  readonly endsWithParent?: boolean;
}

/** A running child process that this process owns. */
export interface ManagedChild {
  readonly name: string;
  readonly pid: number | undefined;
  /** Resolves with a description such as "exit code 1" once the process is gone; never rejects. */
  readonly exited: Promise<string>;
  /** The first line on stdout (only with `readyLine`); rejects where the child ends or `timeoutMs` passes before it. */
  firstLine(timeoutMs: number): Promise<string>;
  /** The error that says the child ended by itself, with the tail of its log. */
  unexpectedEnd(how: string): CliError;
  /** Ends the child: SIGTERM, and SIGKILL to its whole process group after `graceMs`. Safe to call again. */
  stop(graceMs: number): Promise<void>;
  /** SIGKILL to the whole process group, now. */
  kill(): void;
}

/**
 * Starts a child in a process group of its own, so that a terminal's Ctrl-C reaches only the caller, who ends it in order.
 * Its stdin is a pipe that closes with this process: children that watch it end even when the caller is killed outright.
 */
export function startChild(spec: ChildCommand): ManagedChild {
  const log = openSync(spec.logFile, 'a');
  const child = spawn(spec.command, [...spec.arguments], {
    detached: true,
    env: spec.env,
    stdio: ['pipe', spec.readyLine ? 'pipe' : log, log],
  });
  closeSync(log);
  // A child that is already gone makes the pipe fail; its exit is reported by `exited`.
  child.stdin?.on('error', () => {});
  const state = { ended: false };
  const kill = () => {
    if (!state.ended) signalGroup(child.pid, 'SIGKILL');
  };
  // The last resort where this process ends without having stopped the child.
  if (!spec.endsWithParent) process.once('exit', kill);
  const exited = exitOf(child).then((how) => {
    // Whatever the child left in its group must not outlive it.
    kill();
    state.ended = true;
    process.removeListener('exit', kill);
    return how;
  });
  const line = spec.readyLine ? readFirstLine(child) : Promise.resolve('');
  return {
    name: spec.name,
    pid: child.pid,
    exited,
    firstLine: (timeoutMs) => lineOrEnd(spec, line, exited, timeoutMs),
    unexpectedEnd: (how) => endedError(spec, how),
    stop: (graceMs) => stopChild(child, state, exited, graceMs),
    kill,
  };
}

async function exitOf(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return signal === null ? `exit code ${code}` : `signal ${signal}`;
  } catch (error) {
    return `it can't be started: ${(error as Error).message}`;
  }
}

async function readFirstLine(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  // The interface goes on reading, so that later output can't fill the pipe and block the child.
  return new Promise((resolve) => lines.once('line', resolve));
}

async function lineOrEnd(spec: ChildCommand, line: Promise<string>, exited: Promise<string>, timeoutMs: number) {
  const timer = new AbortController();
  try {
    return await Promise.race([
      line,
      exited.then((how) => Promise.reject(endedError(spec, how))),
      delay(timeoutMs, undefined, { signal: timer.signal }).then(() =>
        Promise.reject(new CliError(`${spec.name} wasn't ready after ${timeoutMs / 1000} s; see ${spec.logFile}`)),
      ),
    ]);
  } finally {
    timer.abort();
  }
}

function endedError(spec: ChildCommand, how: string): CliError {
  const tail = logTail(spec.logFile);
  const detail = tail === '' ? 'its log is empty' : `the end of its log:\n${tail}`;
  return new CliError(`${spec.name} ended unexpectedly (${how}); ${spec.logFile}, ${detail}`);
}

async function stopChild(child: ChildProcess, state: { ended: boolean }, exited: Promise<string>, graceMs: number) {
  if (state.ended) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), graceMs);
  await exited;
  clearTimeout(timer);
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the group is empty already.
  }
}
