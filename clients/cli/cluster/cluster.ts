import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ManagedChild } from './managed-child.ts';
import { startNats } from './nats.ts';
import { startService } from './service.ts';

// A service finishes its mini-batch and closes its streams on SIGTERM; nats flushes its store within its supervisor's grace.
const SERVICE_GRACE_MS = 10_000;
const NATS_GRACE_MS = 6_000;
// Without nats a service has nowhere to deliver what it would wait for.
const GRACE_WITHOUT_NATS_MS = 1_000;

/** How the local cluster is started. */
export interface ClusterOptions {
  /** Folder of the compiled services. */
  readonly servicesFolder: string;
  /** Path of the nats-server binary. */
  readonly natsBinary: string;
  /** Folder of nats-server's streams. */
  readonly natsFolder: string;
  /** Whether that folder is deleted at the end. */
  readonly removeNatsFolder: boolean;
  /** Folder that takes nats.log, scoring.log and training.log; made where missing. */
  readonly logFolder: string;
  readonly dataRoot: string;
  readonly logLevel: string;
  /** Addresses to listen on; port 0 for a free one. */
  readonly listen: { readonly scoring: string; readonly training: string };
}

/** A nats-server, a scoring service and a training service that this process owns. */
export interface Cluster {
  readonly natsUrl: string;
  readonly scoringAddress: string;
  readonly trainingAddress: string;
  /** Rejects when one of the three ends without having been told to; never resolves. */
  readonly failed: Promise<never>;
  /** Ends all three, services first; resolves once they are gone. */
  stop(): Promise<void>;
}

/** Starts the three processes and waits until both services answer. Whatever goes wrong, or on `signal`, all are ended. */
export async function startCluster(options: ClusterOptions, signal?: AbortSignal): Promise<Cluster> {
  mkdirSync(options.logFolder, { recursive: true });
  const children = new ChildGroup();
  try {
    const nats = await startNats(
      {
        binary: options.natsBinary,
        folder: options.natsFolder,
        logFile: join(options.logFolder, 'nats.log'),
        removeFolder: options.removeNatsFolder,
      },
      signal,
    );
    children.add(nats.child, NATS_GRACE_MS);
    const start = (name: 'scoring' | 'training') => {
      const service = startService({
        name,
        servicesFolder: options.servicesFolder,
        listen: options.listen[name],
        natsUrl: nats.url,
        dataRoot: options.dataRoot,
        logLevel: options.logLevel,
        logFile: join(options.logFolder, `${name}.log`),
      });
      children.add(service.child, SERVICE_GRACE_MS);
      return service.address;
    };
    const ready = Promise.all([start('scoring'), start('training')]);
    const [scoringAddress, trainingAddress] = await Promise.race([ready, children.failed, aborted(signal)]);
    return {
      natsUrl: nats.url,
      scoringAddress,
      trainingAddress,
      failed: children.failed,
      stop: () => children.stop(),
    };
  } catch (error) {
    await children.stop();
    throw error;
  }
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Children that live and end together, in the reverse order of their start. */
class ChildGroup {
  readonly failed: Promise<never>;
  readonly #children: { child: ManagedChild; graceMs: number }[] = [];
  #natsIsGone = false;
  #fail: (error: Error) => void = () => {};
  #stopping = false;

  constructor() {
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // Whoever waits for it sees the error; without this, a failure nobody waits for yet would end the process.
    this.failed.catch(() => {});
  }

  add(child: ManagedChild, graceMs: number): void {
    this.#children.unshift({ child, graceMs });
    void child.exited.then((how) => {
      this.#natsIsGone ||= child.name === 'nats';
      if (!this.#stopping) this.#fail(child.unexpectedEnd(how));
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const services = this.#children.filter(({ child }) => child.name !== 'nats');
    const grace = (usual: number) => (this.#natsIsGone ? GRACE_WITHOUT_NATS_MS : usual);
    await Promise.all(services.map(({ child, graceMs }) => child.stop(grace(graceMs))));
    await Promise.all(this.#children.map(({ child, graceMs }) => child.stop(graceMs)));
  }
}
