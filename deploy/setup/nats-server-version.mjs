import { spawnSync } from 'node:child_process';

/** The oldest release line that Winnow runs on; consumers and streams carry metadata from it on. */
export const MIN_NATS_SERVER_VERSION = '2.10.0';

/**
 * The version of a nats-server binary, such as `2.10.4`, or undefined when it is not one that runs here.
 * @param {string} file
 */
export function natsServerVersion(file) {
  const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return /nats-server: v(\d+\.\d+\.\d+)/.exec(stdout ?? '')?.[1];
}

/** @param {string} version */
export function isNewEnough(version) {
  return version.localeCompare(MIN_NATS_SERVER_VERSION, 'en', { numeric: true }) >= 0;
}
