import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './cache.mjs';
import { chooseDevice } from './device.mjs';
import { SetUpError } from './set-up-error.mjs';
import { TENSORFLOW_VERSION, tensorflowWheels } from './tensorflow-wheels.mjs';

/**
 * Where everything is and goes, and what it depends on.
 * @typedef {object} Layout
 * @property {'cpu' | 'gpu'} device
 * @property {string} key names what is installed; another key means another installation
 * @property {readonly import('./wheel.mjs').WheelPin[]} wheels
 * @property {string} cache
 * @property {string} site cache folder laid out like Python's site-packages: tensorflow/, nvidia/
 * @property {string} addonEntry cache folder of the built addon
 * @property {string} packageFolder tfjs-node-gpu's folder
 * @property {string} deps where the addon looks for TensorFlow
 * @property {string} addon where tfjs-node-gpu looks for the addon
 * @property {string} addonName the addon's path inside the package and inside `addonEntry`
 */

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @param {import('./tool.mjs').Env} env
 * @returns {Layout}
 * @throws {SetUpError} when the npm packages are not installed, or there is no TensorFlow for this machine
 */
export function findLayout(env) {
  const { platform, arch } = process;
  const device = chooseDevice(env, arch);
  const wheels = platform === 'linux' ? tensorflowWheels(device, arch) : undefined;
  if (!wheels) throw new SetUpError([noTensorflow(device, `${platform}-${arch}`)]);
  const packageFolder = join(PROJECT, 'node_modules/@tensorflow/tfjs-node-gpu');
  const { version, binary } = readPackage(packageFolder);
  const napi = newestNapi(binary.napi_versions);
  const tensorflow = `${TENSORFLOW_VERSION}-${device}-${arch}-${digest(wheels)}`;
  const key = `tfjs-${version}-tensorflow-${tensorflow}-napi-v${napi}-resident`;
  const cache = cacheFolder(env);
  const addonName = `lib/napi-v${napi}/tfjs_binding.node`;
  return {
    ...{ device, key, wheels, cache, packageFolder, addonName },
    site: join(cache, 'tensorflow', tensorflow),
    addonEntry: join(cache, 'addon', key),
    deps: join(packageFolder, 'deps'),
    addon: join(packageFolder, addonName),
  };
}

/**
 * @param {string} device
 * @param {string} machine
 */
function noTensorflow(device, machine) {
  return device === 'gpu'
    ? `there is no TensorFlow with CUDA for ${machine}: set WINNOW_DEVICE=cpu`
    : `there is no TensorFlow for ${machine}: use Linux on x64 or arm64, or the container image`;
}

/** @param {string} folder */
function readPackage(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch {
    throw new SetUpError([`${folder} is missing: run 'npm ci' in ${PROJECT} first`]);
  }
}

/**
 * The Node-API version that node-pre-gyp picks, by which one addon serves Node 20, 22 and 24.
 * @param {readonly number[]} versions
 */
function newestNapi(versions) {
  return Math.max(...versions.filter((version) => version <= Number(process.versions.napi)));
}

/** @param {readonly import('./wheel.mjs').WheelPin[]} wheels */
function digest(wheels) {
  const hash = createHash('sha256');
  for (const wheel of wheels) hash.update(`${wheel.sha256} ${wheel.members}\n`);
  return hash.digest('hex').slice(0, 8);
}
