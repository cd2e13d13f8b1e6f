import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import type { CliIo } from '../cli-io.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { dataRoot } from '../cluster/data-root.ts';
import { projectPaths } from '../cluster/project-paths.ts';
import { lockStore } from '../cluster/store-lock.ts';
import { defaultAddresses, globalOptions } from '../connections.ts';
import { freeDisk, freePort, servicesReady, writableFolder } from '../preflight/checks.ts';
import { natsBinary } from '../preflight/nats-binary.ts';
import { runChecks } from '../preflight/run-checks.ts';

const DEFAULT_STORE = '.winnow/cluster';

/** `winnow serve`: the local cluster, until it is interrupted. */
export function serveCommand(io: CliIo) {
  return new Command('serve')
    .description('start nats-server and both services here, and keep them running until interrupted')
    .option('--store <folder>', 'folder of streams and logs; runs in it are kept', DEFAULT_STORE)
    .option(
      '--data-root <folder>',
      'folder whose subfolders are data sets (default: one with the MNIST that comes along)',
    )
    .addOption(logLevelOption())
    .action(async ({ store, dataRoot: data, logLevel }, command) => {
      const { training = defaultAddresses.training, scoring = defaultAddresses.scoring, json } = globalOptions(command);
      const folder = resolve(store);
      const nats = natsBinary(io);
      await runChecks(
        [
          writableFolder('store', folder, '--store'),
          freeDisk(folder, '--store'),
          servicesReady(),
          nats,
          freePort('training port', training, '--training'),
          freePort('scoring port', scoring, '--scoring'),
        ],
        io,
      );
      const unlock = lockStore(folder);
      try {
        const options = {
          servicesFolder: projectPaths().services,
          natsBinary: nats.path(),
          natsFolder: join(folder, 'nats'),
          removeNatsFolder: false,
          logFolder: join(folder, 'logs'),
          dataRoot: dataRoot(data, folder),
          logLevel,
          listen: { training, scoring },
        };
        const cluster = await startCluster(options, io.signal);
        await keepRunning(cluster, io, () => announce(cluster, options, json === true, io));
      } finally {
        unlock();
      }
    });
}

/** How much the services log. */
export function logLevelOption() {
  const levels = ['debug', 'info', 'warn', 'error'] as const;
  return new Option('--log-level <level>', 'how much the services log').choices(levels).default('info' as const);
}

async function keepRunning(cluster: Cluster, io: CliIo, announceReady: () => void): Promise<void> {
  try {
    announceReady();
    if (!io.signal.aborted) await Promise.race([once(io.signal, 'abort'), cluster.failed]);
  } finally {
    await cluster.stop();
  }
}

function announce(
  cluster: Cluster,
  { dataRoot, logFolder }: { dataRoot: string; logFolder: string },
  json: boolean,
  io: CliIo,
) {
  const { trainingAddress, scoringAddress, natsUrl } = cluster;
  if (json) return io.out(JSON.stringify({ trainingAddress, scoringAddress, natsUrl, dataRoot, logFolder }));
  io.out(
    [
      `training   ${trainingAddress}`,
      `scoring    ${scoringAddress}`,
      `nats       ${natsUrl}`,
      `data root  ${dataRoot}`,
      `logs       ${logFolder}`,
      '',
      'Call it over gRPC, for example:',
      `  grpcurl -plaintext ${scoringAddress} winnow.v1.ScoringService/ListScorers`,
      `  winnow run create --scorer random --watch${trainingAddress === defaultAddresses.training ? '' : ` --training ${trainingAddress}`}`,
      'Ctrl-C stops it.',
    ].join('\n'),
  );
}
