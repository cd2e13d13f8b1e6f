import { availableParallelism } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CliIo } from '../../../clients/cli/cli-io.ts';
import { serviceEnvironment } from '../../../clients/cli/cluster/process-env.ts';
import { projectPaths } from '../../../clients/cli/cluster/project-paths.ts';
import { peerPython } from '../peers/peer-python.ts';
import type { PeerName, PrecisionName } from './cases.ts';
import { Contestant } from './contestant.ts';

const PEERS_FOLDER = join(projectPaths().root, 'test', 'bench', 'peers');

/** Our side: a process with the environment that the services are started with. */
export function ourContestant(precision: PrecisionName, { env, signal }: CliIo): Contestant {
  const file = fileURLToPath(new URL(`./our-process${extname(import.meta.url)}`, import.meta.url));
  const command = process.execPath;
  return new Contestant(
    { name: `ours ${precision}`, command, arguments: [file], env: serviceEnvironment({}, env) },
    signal,
  );
}

/** The Python of the peers, made where it isn't there yet. */
export function torchPython({ env, err }: CliIo): Promise<string> {
  return peerPython(join(PEERS_FOLDER, 'requirements-torch.txt'), { env, log: err });
}

/**
 * A peer, in the environment of whoever runs the bench; Python's own search path alone (-I), so that neither PYTHONPATH
 * nor a file beside the script gets between PyTorch and its libraries.
 */
export function peerContestant(peer: PeerName, python: string, { env, signal }: CliIo): Contestant {
  return new Contestant({ name: peer, command: python, arguments: ['-I', join(PEERS_FOLDER, 'step.py')], env }, signal);
}

/** Threads of either side: what TensorFlow takes by itself, all cores that this process may use unless told otherwise. */
export function threadsOf(env: Readonly<NodeJS.ProcessEnv>): number {
  return Number(env.TF_NUM_INTRAOP_THREADS) || availableParallelism();
}
