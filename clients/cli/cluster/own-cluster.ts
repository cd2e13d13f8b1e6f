import { join } from 'node:path';
import { connectScoring, type ScoringClient } from '../../node/scoring-client.ts';
import { connectTraining, type TrainingClient } from '../../node/training-client.ts';
import type { CliIo } from '../cli-io.ts';
import { datasetPresent, freeDisk, freePort, servicesReady, writableFolder } from '../preflight/checks.ts';
import { natsBinary } from '../preflight/nats-binary.ts';
import { runChecks } from '../preflight/run-checks.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { dataRoot } from './data-root.ts';
import { projectPaths } from './project-paths.ts';

/** A free port that nobody else needs to know. */
const ANY_PORT = '127.0.0.1:0';

/** A cluster that a command starts for itself. */
export interface OwnCluster {
  /** The command's --output folder. */
  readonly output: string;
  /** Folder for the cluster's own data. */
  readonly folder: string;
  readonly logs: string;
  /** Where not given, one with the MNIST that comes along is made below `folder`. */
  readonly dataRoot?: string | undefined;
  /** The data set that must be there. */
  readonly dataset: string;
  /** Whether the streams stay when the cluster stops. */
  readonly keep: boolean;
  readonly logLevel: string;
}

/** Checks all that the cluster needs, one line each, and gives the nats-server binary's path. Throws a CliError where anything is missing. */
export async function checkOwnCluster({ output, ...own }: OwnCluster, io: CliIo): Promise<string> {
  const nats = natsBinary(io);
  io.err('Checking:');
  await runChecks(
    [
      writableFolder('output', output, '--output'),
      freeDisk(output, '--output'),
      // The data root may be made inside the output folder, which the first check has made.
      { label: 'data set', find: () => datasetPresent(dataRoot(own.dataRoot, own.folder), own.dataset).find() },
      servicesReady(),
      nats,
      freePort('ports', ANY_PORT, 'another loopback configuration'),
    ],
    io,
  );
  return nats.path();
}

/** Starts the cluster that was checked. */
export function startOwnCluster(own: OwnCluster, binary: string, { signal }: CliIo): Promise<Cluster> {
  const options = {
    servicesFolder: projectPaths().services,
    natsBinary: binary,
    natsFolder: join(own.folder, 'nats'),
    removeNatsFolder: !own.keep,
    logFolder: own.logs,
    dataRoot: dataRoot(own.dataRoot, own.folder),
    logLevel: own.logLevel,
    listen: { scoring: ANY_PORT, training: ANY_PORT },
  };
  return startCluster(options, signal);
}

/** The services of a cluster. */
export interface ClusterClients {
  readonly training: TrainingClient;
  readonly scoring: ScoringClient;
}

/** Works with a cluster's services, then stops it. Fails as the work does, or where a process of the cluster ends. */
export async function useCluster<T>(
  cluster: Cluster,
  io: CliIo,
  work: (clients: ClusterClients, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const failed = new AbortController();
  const signal = AbortSignal.any([io.signal, failed.signal]);
  const clients = {
    training: connectTraining(cluster.trainingAddress),
    scoring: connectScoring(cluster.scoringAddress),
  };
  const working = work(clients, signal);
  try {
    return await Promise.race([working, cluster.failed]);
  } finally {
    failed.abort();
    await working.catch(() => {});
    clients.training.close();
    clients.scoring.close();
    await cluster.stop();
  }
}
