import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** @typedef {Record<string, string | undefined>} Env */

/**
 * Where a program is on PATH, or undefined.
 * @param {string} name
 * @param {Env} env
 */
export function findOnPath(name, env) {
  for (const folder of (env.PATH ?? '').split(delimiter).filter(Boolean)) {
    const file = join(folder, name);
    if (isExecutableFile(file)) return file;
  }
  return undefined;
}

/**
 * Whether a path is a file that this user may execute.
 * @param {string} file
 */
export function isExecutableFile(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs a program to its end with everything it prints going to one file.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ logFile: string, env: Env, cwd?: string, timeoutMs?: number }} options
 * @returns {Promise<{ ok: boolean, signal: string | null, output: string }>} `ok` is false when it could not be
 *   started, failed, was killed (`signal`) or took longer than `timeoutMs`
 */
export async function runTool(command, args, { logFile, env, cwd, timeoutMs }) {
  const log = openSync(logFile, 'w');
  try {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', log, log], timeout: timeoutMs });
    const { code, signal, startError } = await new Promise((resolve) => {
      child.once('error', (error) => resolve({ code: 1, signal: null, startError: error.message }));
      child.once('close', (code, signal) => resolve({ code, signal, startError: '' }));
    });
    return { ok: code === 0, signal, output: startError || readFileSync(logFile, 'utf8') };
  } finally {
    closeSync(log);
  }
}

/**
 * The last lines of a program's output that say something.
 * @param {string} output
 * @param {number} lines
 */
export function tail(output, lines) {
  return output
    .split('\n')
    .filter((line) => line.trim())
    .slice(-lines)
    .join('\n');
}
