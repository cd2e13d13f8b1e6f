import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { ManagedChild } from '../../../clients/cli/cluster/managed-child.ts';
import { projectPaths } from '../../../clients/cli/cluster/project-paths.ts';
import { startService } from '../../../clients/cli/cluster/service.ts';
import { connectScoring, type ScoringClient } from '../../../clients/node/scoring-client.ts';
import { connectTraining, type TrainingClient } from '../../../clients/node/training-client.ts';
import { openChannel, type RpcChannel } from '../../../services/platform/rpc/client.ts';
import { type NatsServer, startNatsServer } from '../nats-server.ts';

/** One of the two services. */
export type ServiceName = 'scoring' | 'training';

/** A line of a service's log. */
export type LogLine = Record<string, unknown> & { readonly level: string; readonly msg: string };

const SERVICE_GRACE_MS = 15_000;

// What takes a second on a machine of its own takes ten beside other work; whoever waits for ever is still found out.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

interface Running {
  readonly child: ManagedChild;
  readonly address: Promise<string>;
}

/** A nats-server and the compiled services as processes of their own, in one temporary folder. */
export class Stack {
  readonly nats: NatsServer;
  readonly #folder: string;
  readonly #running = new Map<ServiceName, Running>();
  /** Where each service listens; a service that is started again takes the same address. */
  readonly #addresses = new Map<ServiceName, string>();
  readonly #clients: { close(): void }[] = [];

  constructor(nats: NatsServer) {
    this.nats = nats;
    this.#folder = mkdtempSync(join(tmpdir(), 'winnow-stack-'));
    mkdirSync(this.dataRoot);
    symlinkSync(projectPaths().mnist, join(this.dataRoot, 'mnist'), 'dir');
  }

  /** Folder of the data sets; `mnist` is there. */
  get dataRoot(): string {
    return join(this.#folder, 'data');
  }

  /** Starts a service; resolves to its address once it answers calls. */
  start(name: ServiceName): Promise<string> {
    return this.launch(name).address;
  }

  /** Where a service that was started listens. */
  async addressOf(name: ServiceName): Promise<string> {
    return this.#running.get(name)!.address;
  }

  /** Starts a service without waiting for it. */
  launch(name: ServiceName): Running {
    const service = startService({
      name,
      servicesFolder: projectPaths().services,
      listen: this.#addresses.get(name) ?? '127.0.0.1:0',
      natsUrl: this.nats.url,
      dataRoot: this.dataRoot,
      logLevel: 'debug',
      logFile: this.#logFile(name),
    });
    service.address.then(
      (address) => this.#addresses.set(name, address),
      () => {
        // Whoever waits for the address is told; a start that nobody waits for may fail when the test ends it.
      },
    );
    this.#running.set(name, service);
    return service;
  }

  /** A client of the training service, closed with the stack. */
  async training(): Promise<TrainingClient> {
    return this.#keep(connectTraining(await this.#running.get('training')!.address));
  }

  /** A client of the scoring service, closed with the stack. */
  async scoring(): Promise<ScoringClient> {
    return this.#keep(connectScoring(await this.#running.get('scoring')!.address));
  }

  /** A channel to one of the services, closed with the stack. */
  channel(address: string): RpcChannel {
    return this.#keep(openChannel(address));
  }

  /** Ends a service as a crash would. */
  async kill(name: ServiceName): Promise<void> {
    const { child } = this.#running.get(name)!;
    child.kill();
    await child.exited;
  }

  /** Ends a service as an orchestrator does; resolves to how it ended, "exit code 0" where it closed in order. */
  async terminate(name: ServiceName): Promise<string> {
    const { child } = this.#running.get(name)!;
    await child.stop(SERVICE_GRACE_MS);
    return child.exited;
  }

  /** What a service has logged so far, over all its starts. */
  log(name: ServiceName): LogLine[] {
    return readFileSync(this.#logFile(name), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line));
  }

  /** Ends everything and removes the folder. */
  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    await Promise.all([...this.#running.values()].map(({ child }) => child.stop(SERVICE_GRACE_MS)));
    await this.nats.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #logFile(name: ServiceName): string {
    return join(this.#folder, `${name}.log`);
  }

  #keep<T extends { close(): void }>(client: T): T {
    this.#clients.push(client);
    return client;
  }
}

/** Starts nats-server and these services. */
export async function startStack(...names: ServiceName[]): Promise<Stack> {
  const stack = new Stack(await startNatsServer());
  await Promise.all(names.map((name) => stack.start(name)));
  return stack;
}
