import { accessSync, constants, existsSync, mkdirSync, readdirSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';
import { projectPaths } from '../cluster/project-paths.ts';
import type { Check } from './run-checks.ts';

const GIB = 1024 ** 3;
// A few dozen checkpoints of a ResNet-18 (45 MB each) with room to spare.
const LEAST_FREE_BYTES = 2 * GIB;

/** The folder exists, or can be made, and takes files. */
export function writableFolder(label: string, folder: string, option: string): Check {
  const find = () => {
    try {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK | constants.X_OK);
    } catch (error) {
      throw new CliError(`${folder} can't be written (${(error as Error).message}); give another one with ${option}`);
    }
    return folder;
  };
  return { label, find };
}

/** The disk below a folder has room for checkpoints and index sets. */
export function freeDisk(folder: string, option: string, leastBytes = LEAST_FREE_BYTES): Check {
  const find = () => {
    const { bavail, bsize } = statfsSync(folder);
    const free = bavail * bsize;
    const gib = (bytes: number) => `${(bytes / GIB).toFixed(1)} GiB`;
    if (free < leastBytes) {
      throw new CliError(
        `${gib(free)} free at ${folder}, ${gib(leastBytes)} needed; free some, or choose with ${option}`,
      );
    }
    return `${gib(free)} free`;
  };
  return { label: 'disk', find };
}

/** An address can be listened on. */
export function freePort(label: string, address: string, option: string): Check {
  return {
    label,
    find: async () => {
      const { host, port } = splitAddress(address, option);
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) =>
          reject(new CliError(`can't listen on ${address} (${error.code}); give another address with ${option}`)),
        );
        server.listen(port, host, resolve);
      });
      await new Promise((resolve) => server.close(resolve));
      return port === 0 ? `a free port on ${host}` : address;
    },
  };
}

/** host:port in its parts. */
export function splitAddress(address: string, option: string): { host: string; port: number } {
  const [, host, digits] = /^\[?([^\]]+)\]?:(\d{1,5})$/.exec(address) ?? [];
  const port = Number(digits);
  if (host === undefined || !(port <= 65_535)) throw new CliError(`${address} is no host:port; correct ${option}`);
  return { host, port };
}

/** The data set's folder is there and holds files. */
export function datasetPresent(dataRoot: string, dataset: string): Check {
  const find = () => {
    const folder = join(dataRoot, dataset);
    const entries = existsSync(folder) ? readdirSync(folder) : [];
    if (entries.length === 0) {
      const names = existsSync(dataRoot) ? readdirSync(dataRoot).join(', ') : '';
      throw new CliError(
        `${folder} is missing or empty; put the files there, give the folder above with --data-root, ` +
          `or choose with --dataset${names === '' ? '' : ` (there: ${names})`}`,
      );
    }
    return folder;
  };
  return { label: 'data set', find };
}

/** The services are compiled and TensorFlow's binding is built. */
export function servicesReady(): Check {
  const find = () => {
    const { root, services } = projectPaths();
    for (const part of ['scoring/main.js', 'training/main.js', 'platform/telemetry/preload.js']) {
      if (!existsSync(join(services, part))) {
        throw new CliError(`${join(services, part)} is missing; build it with "npx tsc -b" in ${root}`);
      }
    }
    const library = join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu', 'lib');
    const versions = existsSync(library) ? readdirSync(library) : [];
    if (!versions.some((version) => existsSync(join(library, version, 'tfjs_binding.node')))) {
      throw new CliError(`TensorFlow's binding is not built in ${library}; "npm start" does it`);
    }
    return services;
  };
  return { label: 'services', find };
}
