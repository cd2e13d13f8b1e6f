import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectPaths } from '../../clients/cli/cluster/project-paths.ts';
import { type LocalService, startService } from '../../clients/cli/cluster/service.ts';
import { type NatsServer, startNatsServer } from '../system/nats-server.ts';

/** A process that can be ended and paused from outside, and started again where it was. */
export interface Target {
  readonly name: string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM, and a wait for its end in order. */
  stop(): Promise<void>;
  /** Starts it again on the same storage, at the same address. */
  start(): Promise<void>;
  /** SIGSTOP, or SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
}

/** Kubernetes' own. */
const GRACE_MS = 30_000;

/** The three kinds of process of the system, on one machine. */
export interface Processes {
  readonly natsUrl: string;
  readonly targets: readonly Target[];
  /** Addresses of the training replicas. */
  readonly training: readonly string[];
  /** Where each process writes its log. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** A service that comes back at the address it had. */
class ServiceTarget implements Target {
  readonly name: string;
  readonly #options: Parameters<typeof startService>[0];
  #service: LocalService | undefined;
  address = '';

  constructor(name: string, options: Parameters<typeof startService>[0]) {
    this.name = name;
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#service = startService({ ...this.#options, listen: this.address || this.#options.listen });
    this.address = await this.#service.address;
  }

  async kill(): Promise<void> {
    this.#service?.child.kill();
    await this.#service?.child.exited;
  }

  async stop(): Promise<void> {
    await this.#service?.child.stop(GRACE_MS);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.#service!.child.pid!, signal);
  }
}

function natsTarget(nats: NatsServer): Target {
  return {
    name: 'nats',
    kill: () => nats.kill(),
    stop: () => nats.kill(),
    start: () => nats.start(),
    signal: (signal) => process.kill(nats.pid, signal),
  };
}

/** Starts nats-server, one scoring replica and some training replicas, in a folder that goes with them. */
export async function startProcesses(trainingReplicas: number): Promise<Processes> {
  const nats = await startNatsServer();
  const folder = mkdtempSync(join(tmpdir(), 'winnow-chaos-'));
  const { services, mnist } = projectPaths();
  const dataRoot = join(folder, 'data');
  mkdirSync(dataRoot);
  symlinkSync(mnist, join(dataRoot, 'mnist'));
  const service = (kind: 'scoring' | 'training', name: string) =>
    new ServiceTarget(name, {
      name: kind,
      servicesFolder: services,
      listen: '127.0.0.1:0',
      natsUrl: nats.url,
      dataRoot,
      logLevel: 'debug',
      logFile: join(folder, `${name}.log`),
    });
  const scoring = service('scoring', 'scoring');
  const training = Array.from({ length: trainingReplicas }, (_, i) => service('training', `training-${i}`));
  const all = [scoring, ...training];
  await Promise.all(all.map((target) => target.start()));
  return {
    natsUrl: nats.url,
    targets: [natsTarget(nats), ...all],
    training: training.map(({ address }) => address),
    folder,
    stop: async () => {
      await Promise.all(all.map((target) => target.kill()));
      await nats.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
