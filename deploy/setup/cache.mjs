import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/**
 * The folder for everything that is fetched or built once per machine:
 * `WINNOW_CACHE_DIR`, else `$XDG_CACHE_HOME/winnow`, else `~/.cache/winnow`.
 * @param {import('./tool.mjs').Env} env
 */
export function cacheFolder(env) {
  if (env.WINNOW_CACHE_DIR) return resolve(env.WINNOW_CACHE_DIR);
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'winnow');
}

/**
 * The nearest folder on the way to `path` that exists: where permissions and free space can be asked for.
 * @param {string} path
 */
export function nearestExisting(path) {
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
