import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { SetUpError } from './set-up-error.mjs';
import { findOnPath } from './tool.mjs';

/** A driver that hangs must not hang the set-up. */
const NVIDIA_SMI_TIMEOUT_MS = 10_000;

/**
 * Which TensorFlow this machine gets: `WINNOW_DEVICE`, else `gpu` when there is an NVIDIA GPU that it can use.
 * @param {import('./tool.mjs').Env} env
 * @param {string} arch as `process.arch`
 * @returns {'cpu' | 'gpu'}
 * @throws {SetUpError} for another value of `WINNOW_DEVICE`
 */
export function chooseDevice(env, arch) {
  const asked = env.WINNOW_DEVICE;
  if (asked === 'cpu' || asked === 'gpu') return asked;
  if (asked) throw new SetUpError([`WINNOW_DEVICE is '${asked}': set it to cpu or gpu, or leave it unset`]);
  // TensorFlow publishes no CUDA build for other processors.
  return arch === 'x64' && hasNvidiaGpu(env) ? 'gpu' : 'cpu';
}

/** @param {import('./tool.mjs').Env} env */
function hasNvidiaGpu(env) {
  if (existsSync('/dev/nvidia0')) return true;
  const smi = findOnPath('nvidia-smi', env);
  if (!smi) return false;
  const { status, stdout } = spawnSync(smi, ['-L'], { encoding: 'utf8', timeout: NVIDIA_SMI_TIMEOUT_MS });
  return status === 0 && stdout.includes('GPU 0');
}
