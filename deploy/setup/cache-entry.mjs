import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { withScratch } from './scratch.mjs';

/**
 * What a cache entry holds: relative path of each file to its size in bytes and sha256, noted as the entry is made.
 * @typedef {Record<string, { bytes: number, sha256: string }>} Manifest
 */

const MANIFEST = '.manifest.json';

/**
 * The sha256 of a file, as hexadecimal.
 * @param {string} file
 */
export async function sha256(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/**
 * A file's line in a manifest.
 * @param {string} file
 */
export async function describeFile(file) {
  return { bytes: statSync(file).size, sha256: await sha256(file) };
}

/**
 * The manifest of a cache entry, or undefined when there is no such entry or it can't be read.
 * @param {string} entry
 * @returns {Manifest | undefined}
 */
function readManifest(entry) {
  try {
    return JSON.parse(readFileSync(join(entry, MANIFEST), 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Whether every file of an entry has its recorded size and content. Reads all of it (about half a second per GB).
 * @param {string} entry
 */
export async function isIntact(entry) {
  const files = Object.entries(readManifest(entry) ?? {}).map(([name, file]) => ({ path: join(entry, name), ...file }));
  if (files.length === 0 || files.some(({ path, bytes }) => sizeOf(path) !== bytes)) return false;
  for (const file of files) {
    if ((await sha256(file.path)) !== file.sha256) return false;
  }
  return true;
}

/**
 * Makes sure that an entry is in the cache and intact. `make` fills a folder and returns its manifest; the folder is
 * then renamed into place, so that an entry is there whole or not at all, however the process ends.
 * @param {string} entry
 * @param {{ cache: string, log: (line: string) => void }} context
 * @param {(folder: string, scratch: string) => Promise<Manifest>} make
 */
export async function ensureEntry(entry, { cache, log }, make) {
  if (await isIntact(entry)) return;
  await withScratch(cache, async (scratch) => {
    if (existsSync(entry)) {
      log(`${entry} is damaged: making it again`);
      tryRename(entry, join(scratch, 'damaged'));
    }
    const folder = join(scratch, 'entry');
    const manifest = await make(folder, scratch);
    writeFileSync(join(folder, MANIFEST), JSON.stringify(manifest));
    mkdirSync(dirname(entry), { recursive: true });
    // When this fails, another set-up was faster and made the same.
    tryRename(folder, entry);
  });
}

/**
 * @param {string} from
 * @param {string} to
 * @returns {boolean} false when `from` is not there or `to` is taken
 */
function tryRename(from, to) {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOENT') return false;
    throw error;
  }
}

/** @param {string} file */
function sizeOf(file) {
  return statSync(file, { throwIfNoEntry: false })?.size;
}
