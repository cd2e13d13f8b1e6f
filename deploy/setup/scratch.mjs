import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Another machine's scratch folder (shared cache) can't be asked whether it is alive; no set-up takes a day. */
const ABANDONED_AFTER_MS = 24 * 3600 * 1000;

/**
 * Gives `work` a scratch folder on the cache's own file system, so that results can be renamed into place, and
 * removes it afterwards. What a killed set-up left behind goes first.
 * @template T
 * @param {string} cache
 * @param {(scratch: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withScratch(cache, work) {
  const all = join(cache, 'tmp');
  mkdirSync(all, { recursive: true });
  removeAbandoned(all);
  const scratch = mkdtempSync(join(all, `${hostname()}@${process.pid}@`));
  try {
    return await work(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * A name beside `path` that nobody else uses, to build something there and rename it into place.
 * @param {string} path
 */
export function besides(path) {
  return `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
}

/**
 * Removes what killed set-ups left in `folder` under names made by {@link besides}.
 * @param {string} folder
 */
export function removeLeftovers(folder) {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const pid = /\.(\d+)-[0-9a-f]{8}$/.exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) removeIfPossible(join(folder, name));
  }
}

/** @param {string} all */
function removeAbandoned(all) {
  for (const name of readdirSync(all)) {
    const folder = join(all, name);
    const [host, pid] = name.split('@');
    const abandoned = host === hostname() ? !isAlive(Number(pid)) : ageMs(folder) > ABANDONED_AFTER_MS;
    if (abandoned) removeIfPossible(folder);
  }
}

/**
 * A killed set-up's last child may still be writing there, and another set-up may be tidying up as well.
 * @param {string} path
 */
function removeIfPossible(path) {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // The next set-up tries again.
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/** @param {string} folder */
function ageMs(folder) {
  return Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
}
