import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { buildAddon, installAddon } from './addon.mjs';
import { isIntact } from './cache-entry.mjs';
import { linkDependencies } from './dependencies-folder.mjs';
import { isInstalled, recordInstalled } from './installed.mjs';
import { findLayout } from './layout.mjs';
import { checkThatItLoads } from './load-check.mjs';
import { missingPrerequisites } from './prerequisites.mjs';
import { removeLeftovers } from './scratch.mjs';
import { SetUpError } from './set-up-error.mjs';
import { TENSORFLOW_VERSION } from './tensorflow-wheels.mjs';
import { installWheel } from './wheel.mjs';

/** @typedef {import('./prerequisites.mjs').Work} Work */

/**
 * Gives tfjs-node-gpu the TensorFlow that it needs on this machine. Does nothing when that has been done already.
 * Reads `WINNOW_CACHE_DIR` and `WINNOW_DEVICE`.
 * @param {{ log?: (line: string) => void, env?: import('./tool.mjs').Env }} [options] `log` receives one line per slow step
 * @returns {Promise<{ device: 'cpu' | 'gpu', changed: boolean }>} which TensorFlow is there, and whether that is new
 * @throws {SetUpError} when something is missing (all of it, before anything slow starts) or a step failed
 */
export async function setUp({ log = console.log, env = process.env } = {}) {
  const layout = findLayout(env);
  const { device } = layout;
  if (isInstalled(layout)) return { device, changed: false };
  const start = performance.now();
  const work = await planWork(layout);
  const problems = missingPrerequisites(layout, work, env);
  if (problems.length > 0) throw new SetUpError(problems);
  log(`setting up TensorFlow ${TENSORFLOW_VERSION} for the ${device === 'gpu' ? 'GPU (CUDA 12)' : 'CPU'}`);
  await install(layout, work, { cache: layout.cache, env, log });
  log(`TensorFlow is ready after ${Math.round((performance.now() - start) / 1000)} s`);
  return { device, changed: true };
}

/**
 * What is not in the cache yet.
 * @param {import('./layout.mjs').Layout} layout
 * @returns {Promise<Work>}
 */
async function planWork({ wheels, site, addonEntry }) {
  const download = [];
  for (const wheel of wheels) {
    if (!(await isIntact(join(site, wheel.folder)))) download.push(wheel);
  }
  return { download, build: !(await isIntact(addonEntry)) };
}

/**
 * @param {import('./layout.mjs').Layout} layout
 * @param {Work} work
 * @param {import('./wheel.mjs').WheelContext} context
 */
async function install(layout, work, context) {
  for (const wheel of work.download) await installWheel(wheel, join(layout.site, wheel.folder), context);
  if (layout.device === 'gpu') nameNvrtcForCudnn(layout.site);
  if (work.build) await buildAddon(layout, context);
  removeLeftovers(layout.packageFolder);
  linkDependencies(layout.deps, layout.site);
  installAddon(layout);
  await checkThatItLoads(layout, context);
  recordInstalled(layout);
}

/**
 * cuDNN's RUNPATH looks for NVRTC in `nvidia/nvrtc`, NVIDIA's own wheel has it in `nvidia/cuda_nvrtc`.
 * @param {string} site
 */
function nameNvrtcForCudnn(site) {
  try {
    symlinkSync('cuda_nvrtc', join(site, 'nvidia/nvrtc'));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
  }
}
