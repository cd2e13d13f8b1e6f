import { readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { besides } from './scratch.mjs';

/**
 * What an installation looked like when it was last seen to work: its key, and each file's size and time.
 * @typedef {{ key: string, files: { [path: string]: string } }} Installation
 */

const RECORD = '.winnow-set-up.json';

/**
 * Whether the package holds exactly what the layout asks for, unchanged since it was seen to work.
 * Looks at a few files' sizes and times only: milliseconds.
 * @param {import('./layout.mjs').Layout} layout
 */
export function isInstalled(layout) {
  try {
    const record = JSON.parse(readFileSync(join(layout.packageFolder, RECORD), 'utf8'));
    return JSON.stringify(record) === JSON.stringify(describe(layout));
  } catch {
    return false;
  }
}

/**
 * Notes that the installation works. The last step of a set-up.
 * @param {import('./layout.mjs').Layout} layout
 */
export function recordInstalled(layout) {
  const file = join(layout.packageFolder, RECORD);
  const fresh = besides(file);
  writeFileSync(fresh, `${JSON.stringify(describe(layout))}\n`);
  renameSync(fresh, file);
}

/**
 * @param {import('./layout.mjs').Layout} layout
 * @returns {Installation}
 */
function describe({ key, device, addon, deps }) {
  const libraries = ['lib/libtensorflow_cc.so.2', 'lib/libtensorflow_framework.so.2'].map((name) => join(deps, name));
  const folders = device === 'gpu' ? [join(deps, 'nvidia')] : [];
  const files = [addon, ...libraries, ...folders].map((file) => {
    const { size, mtimeMs } = statSync(file);
    // Whole seconds: archives and image layers may drop the rest.
    return [realpathSync(file), `${size}@${Math.floor(mtimeMs / 1000)}`];
  });
  return { key, files: Object.fromEntries(files) };
}
