import { spawnSync } from 'node:child_process';
import { findOnPath } from './tool.mjs';

/** pip understands manylinux_2_* tags from this version on. */
const MIN_PIP = [20, 3];

/**
 * What keeps wheels from being downloaded and unpacked here, in one line with the remedy, or undefined.
 * @param {import('./tool.mjs').Env} env
 */
export function missingPip(env) {
  if (!findOnPath('python3', env)) return missingPython(env);
  const { status, stdout } = spawnSync('python3', ['-m', 'pip', '--version'], { env, encoding: 'utf8' });
  if (status !== 0) return 'python3 has no pip: install it (Debian: apt-get install python3-pip)';
  const [major, minor] = stdout.split(' ')[1].split('.').map(Number);
  if (major > MIN_PIP[0] || (major === MIN_PIP[0] && minor >= MIN_PIP[1])) return undefined;
  return `pip ${major}.${minor} is too old, ${MIN_PIP.join('.')} is needed: python3 -m pip install --upgrade pip`;
}

/**
 * @param {import('./tool.mjs').Env} env
 * @returns {string | undefined}
 */
export function missingPython(env) {
  if (findOnPath('python3', env)) return undefined;
  return 'python3 is not on PATH: install it (Debian: apt-get install python3 python3-pip)';
}
