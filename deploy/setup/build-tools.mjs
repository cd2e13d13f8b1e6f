import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findOnPath } from './tool.mjs';

/**
 * The C++ compiler: `CXX`, else the first of the usual names on PATH, or undefined.
 * @param {import('./tool.mjs').Env} env
 */
export function findCompiler(env) {
  if (env.CXX) return env.CXX;
  return ['g++', 'c++', 'clang++'].find((name) => findOnPath(name, env));
}

/**
 * node-gyp, which comes with npm: the script's path, or undefined.
 * @param {import('./tool.mjs').Env} env
 */
export function findNodeGyp(env) {
  const npm = findOnPath('npm', env);
  const script = 'node_modules/node-gyp/bin/node-gyp.js';
  const candidates = [
    env.npm_config_node_gyp,
    npm && join(dirname(realpathSync(npm)), '..', script),
    join(dirname(dirname(process.execPath)), 'lib/node_modules/npm', script),
    findOnPath('node-gyp', env),
  ];
  const found = candidates.find((path) => path && existsSync(path));
  return found && realpathSync(found);
}

/**
 * The folder with Node's headers (`include/node`), or undefined: node-gyp then downloads them.
 * Nearly every installation of Node brings them along.
 * @param {import('./tool.mjs').Env} env
 */
export function findNodeHeaders(env) {
  if (env.npm_config_nodedir) return env.npm_config_nodedir;
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include/node/node_api.h')) ? prefix : undefined;
}
