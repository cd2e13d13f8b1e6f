import { accessSync, constants, readFileSync, statfsSync } from 'node:fs';
import { findCompiler, findNodeGyp } from './build-tools.mjs';
import { nearestExisting } from './cache.mjs';
import { missingPip, missingPython } from './python.mjs';
import { findOnPath } from './tool.mjs';

/** TensorFlow's wheels are built for glibc 2.27. */
const MIN_GLIBC = [2, 27];
/** Room for the addon and for logs. */
const SPARE_BYTES = 100e6;

/**
 * The slow steps ahead.
 * @typedef {{ download: readonly import('./wheel.mjs').WheelPin[], build: boolean }} Work
 */

/**
 * What is missing on this machine for the work ahead, one line each with the remedy; empty when all is there.
 * @param {import('./layout.mjs').Layout} layout
 * @param {Work} work
 * @param {import('./tool.mjs').Env} env
 * @returns {string[]}
 */
export function missingPrerequisites(layout, { download, build }, env) {
  const problems = [
    missingGlibc(),
    missingAvx(),
    download.length > 0 ? missingPip(env) : undefined,
    ...(build ? missingBuildTools(env, download.length > 0) : []),
    unwritable(layout.cache, 'set WINNOW_CACHE_DIR to a folder that you may write to'),
    unwritable(layout.packageFolder, "run the set-up as the user who ran 'npm ci'"),
    missingSpace(layout.cache, download),
  ];
  return problems.filter((problem) => problem !== undefined);
}

function missingGlibc() {
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  const [major, minor] = (header.glibcVersionRuntime ?? '0.0').split('.').map(Number);
  if (major > MIN_GLIBC[0] || (major === MIN_GLIBC[0] && minor >= MIN_GLIBC[1])) return undefined;
  return `glibc ${MIN_GLIBC.join('.')} or newer is needed: use Debian 10, Ubuntu 18.10 or newer, or the container image`;
}

function missingAvx() {
  if (process.arch !== 'x64' || / avx /.test(readFileSync('/proc/cpuinfo', 'utf8'))) return undefined;
  return 'this processor has no AVX instructions, which TensorFlow needs: use another machine';
}

/**
 * @param {import('./tool.mjs').Env} env
 * @param {boolean} pythonAsked whether python3 was already looked for
 */
function missingBuildTools(env, pythonAsked) {
  return [
    pythonAsked ? undefined : missingPython(env),
    findCompiler(env) ? undefined : 'there is no C++ compiler on PATH: install one (Debian: apt-get install g++)',
    findOnPath('make', env) ? undefined : 'make is not on PATH: install it (Debian: apt-get install make)',
    findNodeGyp(env) ? undefined : 'node-gyp is missing: put npm on PATH, it brings node-gyp along',
  ];
}

/**
 * @param {string} folder
 * @param {string} remedy
 */
function unwritable(folder, remedy) {
  try {
    accessSync(nearestExisting(folder), constants.W_OK);
    return undefined;
  } catch {
    return `${folder} can't be written: ${remedy}`;
  }
}

/**
 * @param {string} cache
 * @param {readonly import('./wheel.mjs').WheelPin[]} download
 */
function missingSpace(cache, download) {
  const unpacked = download.reduce((sum, { unpackedBytes }) => sum + unpackedBytes, 0);
  // pip keeps two copies of the wheel at hand for a moment.
  const wheel = Math.max(0, ...download.map(({ bytes }) => 2 * bytes));
  const needed = unpacked + wheel + SPARE_BYTES;
  const { bavail, bsize } = statfsSync(nearestExisting(cache));
  if (bavail * bsize >= needed) return undefined;
  const [need, free] = [needed, bavail * bsize].map((bytes) => `${(bytes / 1e9).toFixed(1)} GB`);
  return `${cache} needs ${need} of free space and has ${free}: free some, or set WINNOW_CACHE_DIR to another disk`;
}
