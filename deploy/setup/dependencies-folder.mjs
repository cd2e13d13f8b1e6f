import { cpSync, existsSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { besides } from './scratch.mjs';

const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

/** The names under which the linker looks for them (`-ltensorflow`), which are not those in TensorFlow's wheel. */
const LINKER_NAMES = {
  'libtensorflow.so': 'libtensorflow_cc.so.2',
  'libtensorflow_framework.so': 'libtensorflow_framework.so.2',
};

/**
 * Makes the folder `deps` that the addon is built and run against, as links into the cache:
 * `lib/`, `include/` and, with CUDA, `nvidia/`. An earlier one is replaced whole.
 *
 * The dynamic linker does not resolve links before it takes `$ORIGIN`, so TensorFlow looks for CUDA in
 * `deps/lib/../nvidia`; from there on, folders are real and the CUDA libraries find each other.
 * @param {string} deps
 * @param {string} site
 */
export function linkDependencies(deps, site) {
  const fresh = besides(deps);
  try {
    mkdirSync(join(fresh, 'lib'), { recursive: true });
    for (const name of LIBRARIES) linkOrCopy(join(site, 'tensorflow', name), join(fresh, 'lib', name));
    for (const [name, target] of Object.entries(LINKER_NAMES)) alias(target, name, join(fresh, 'lib'));
    linkOrCopy(join(site, 'tensorflow/include'), join(fresh, 'include'));
    if (existsSync(join(site, 'nvidia'))) linkOrCopy(join(site, 'nvidia'), join(fresh, 'nvidia'));
    replaceFolder(fresh, deps);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/**
 * Some file systems and policies know no symbolic links; a copy costs space but works as well.
 * @param {string} target
 * @param {string} path
 */
function linkOrCopy(target, path) {
  try {
    symlinkSync(target, path);
  } catch {
    cpSync(target, path, { recursive: true, dereference: true });
  }
}

/**
 * @param {string} target
 * @param {string} name
 * @param {string} folder
 */
function alias(target, name, folder) {
  try {
    symlinkSync(target, join(folder, name));
  } catch {
    linkSync(join(folder, target), join(folder, name));
  }
}

/**
 * @param {string} fresh
 * @param {string} folder
 */
function replaceFolder(fresh, folder) {
  const old = besides(folder);
  try {
    renameSync(folder, old);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
  }
  try {
    renameSync(fresh, folder);
  } catch (error) {
    // Another set-up put its own there in between: it links to the same files.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOTEMPTY') throw error;
  }
  rmSync(old, { recursive: true, force: true });
}
