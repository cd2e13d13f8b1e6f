import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CliIo } from '../../../clients/cli/cli-io.ts';
import { projectPaths } from '../../../clients/cli/cluster/project-paths.ts';
import { peerPython } from '../peers/peer-python.ts';
import { Contestant } from '../step/contestant.ts';
import { torchPython } from '../step/contestants.ts';

const PEERS_FOLDER = join(projectPaths().root, 'test', 'bench', 'peers');

/** The packages of an environment, from its interpreter's path. */
function packagesOf(python: string): string {
  const lib = join(dirname(dirname(python)), 'lib');
  const [version] = readdirSync(lib).filter((name) => name.startsWith('python'));
  return join(lib, version, 'site-packages');
}

/** CORDS, run by the Python that has PyTorch, which is too large to be installed twice. */
export async function cordsContestant(io: CliIo): Promise<Contestant> {
  const { env, err, signal } = io;
  const python = await torchPython(io);
  const requirements = join(PEERS_FOLDER, 'requirements-cords.txt');
  const cords = await peerPython(requirements, { env, log: err, noDeps: true });
  return new Contestant(
    {
      name: 'CORDS',
      command: python,
      arguments: [join(PEERS_FOLDER, 'cords_omp.py')],
      env: { ...env, PYTHONPATH: packagesOf(cords) },
    },
    signal,
  );
}
