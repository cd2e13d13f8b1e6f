import { copyFileSync, cpSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findCompiler, findNodeGyp, findNodeHeaders } from './build-tools.mjs';
import { describeFile, ensureEntry } from './cache-entry.mjs';
import { linkDependencies } from './dependencies-folder.mjs';
import { besides, removeLeftovers } from './scratch.mjs';
import { SetUpError } from './set-up-error.mjs';
import { runTool, tail } from './tool.mjs';

/** What node-gyp needs of tfjs-node-gpu's package. */
const SOURCES = ['package.json', 'binding.gyp', 'binding'];
const TAIL_LINES = 15;
/** Lines by which gyp and node-pre-gyp bury the compiler's own message. */
const NOISE =
  /^(node-pre-gyp |gyp )(info|http|ERR! (stack +at|System|command|cwd|node|not ok|build error))|^Failed to execute/;

/**
 * Makes sure that the compiled addon is in the cache. It is built in a copy of the package's sources, so that two
 * set-ups at once, or one that is killed, leave nothing behind in node_modules.
 * @param {import('./layout.mjs').Layout} layout
 * @param {import('./wheel.mjs').WheelContext} context
 * @throws {SetUpError} with the end of the compiler's output
 */
export async function buildAddon(layout, context) {
  await ensureEntry(layout.addonEntry, context, async (folder, scratch) => {
    context.log('compiling the TensorFlow addon (about 10 s)');
    const build = join(scratch, 'build');
    for (const name of SOURCES) cpSync(join(layout.packageFolder, name), join(build, name), { recursive: true });
    linkDependencies(join(build, 'deps'), layout.site);
    await compile(build, layout, context.env);
    const addon = join(folder, layout.addonName);
    mkdirSync(dirname(addon), { recursive: true });
    copyFileSync(join(build, layout.addonName), addon);
    return { [layout.addonName]: await describeFile(addon) };
  });
}

/**
 * Copies the addon into the package: a link would move the `$ORIGIN` from which it finds `deps/lib`.
 * @param {import('./layout.mjs').Layout} layout
 */
export function installAddon({ addon, addonEntry, addonName }) {
  mkdirSync(dirname(addon), { recursive: true });
  removeLeftovers(dirname(addon));
  const fresh = besides(addon);
  copyFileSync(join(addonEntry, addonName), fresh);
  renameSync(fresh, addon);
}

/**
 * @param {string} build
 * @param {import('./layout.mjs').Layout} layout
 * @param {import('./tool.mjs').Env} env
 */
async function compile(build, layout, env) {
  const require = createRequire(join(layout.packageFolder, 'package.json'));
  const preGyp = join(dirname(require.resolve('@mapbox/node-pre-gyp/package.json')), 'bin/node-pre-gyp');
  const logFile = join(dirname(build), 'compile.log');
  const result = await runTool(process.execPath, [preGyp, 'install', '--build-from-source'], {
    cwd: build,
    logFile,
    env: compileEnv(env),
  });
  if (result.ok && existsSync(join(build, layout.addonName))) return;
  const kept = join(layout.cache, 'compile.log');
  renameSync(logFile, kept);
  throw new SetUpError(
    [`the TensorFlow addon does not compile: see ${kept}; a C++17 compiler and Node's headers are needed`],
    tail(withoutNoise(result.output), TAIL_LINES),
  );
}

/** @param {string} output */
function withoutNoise(output) {
  return output
    .split('\n')
    .filter((line) => !NOISE.test(line))
    .join('\n');
}

/** @param {import('./tool.mjs').Env} env */
function compileEnv(env) {
  return {
    ...env,
    JOBS: 'max',
    CXX: findCompiler(env),
    npm_config_node_gyp: findNodeGyp(env),
    npm_config_nodedir: findNodeHeaders(env),
    // Node unloads an addon with the last thread that used it, but TensorFlow's own threads live on and would then run
    // code that is gone: after a worker thread's end the process crashed, at its exit or before.
    LDFLAGS: `${env.LDFLAGS ?? ''} -Wl,-z,nodelete`.trim(),
  };
}
