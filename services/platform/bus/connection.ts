import { setTimeout as sleep } from 'node:timers/promises';
import { connect, Events, type JetStreamClient, type JetStreamManager, type NatsConnection } from 'nats';
import { cancelled } from '../../app-error.ts';
import type { Log } from '../log.ts';
import { type BusSecurity, busSecurityOptions } from './security.ts';

// Often enough to go on soon after the server is up, seldom enough to keep the log readable.
const RETRY_MS = 2_000;
// A server that doesn't answer within this time is treated as one that isn't there.
const CONNECT_TIMEOUT_MS = 5_000;
// A dead connection is found within two of these, where TCP alone would take minutes.
const PING_INTERVAL_MS = 10_000;
const MAX_PINGS_OUT = 2;
// Time for what was published last to leave when the bus is closed; with the server away it never would.
const DRAIN_TIMEOUT_MS = 5_000;

/** How to reach the bus. */
export interface BusOptions {
  /** One or more addresses, separated by commas: `nats://host:4222`. */
  readonly servers: string;
  /** What the server calls this connection in its own reports. */
  readonly name: string;
  readonly log: Log;
  /** How to show who this is, and whom to trust; anonymous plaintext where absent. */
  readonly security?: BusSecurity | undefined;
  /** Gives up connecting. */
  readonly signal?: AbortSignal | undefined;
}

/** A connection to NATS that is made again whenever it is lost. */
export class Bus {
  /** For the other files of this folder. */
  readonly connection: NatsConnection;
  readonly jetstream: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly log: Log;
  readonly #regained = new Set<() => void>();

  constructor(connection: NatsConnection, manager: JetStreamManager, log: Log) {
    this.connection = connection;
    this.jetstream = connection.jetstream();
    this.manager = manager;
    this.log = log;
    void this.#watch();
  }

  /** Whether {@link close} was called, or the server refused this connection for good. */
  get closed(): boolean {
    return this.connection.isClosed();
  }

  /** Calls back each time that the connection was lost and is there again; returns how to stop that. */
  onRegained(listener: () => void): () => void {
    this.#regained.add(listener);
    return () => this.#regained.delete(listener);
  }

  /** Sends what is waiting, then closes. */
  async close(): Promise<void> {
    if (this.closed) return;
    const timeUp = sleep(DRAIN_TIMEOUT_MS, undefined, { ref: false });
    await Promise.race([this.connection.drain(), timeUp]).catch((err: unknown) => {
      this.log.debug({ err }, 'the bus could not be drained');
    });
    await this.connection.close();
  }

  async #watch(): Promise<void> {
    for await (const { type, data } of this.connection.status()) {
      if (type === Events.Disconnect) this.log.warn({ server: data }, 'the bus is away; reconnecting');
      else if (type === Events.Error) this.log.error({ reason: String(data) }, 'the bus reports an error');
      else if (type === Events.Reconnect) {
        this.log.info({ server: data }, 'the bus is back');
        for (const listener of this.#regained) listener();
      }
    }
  }
}

/** Connects to NATS: tries until it answers, then keeps the connection for ever. Throws only when the signal aborts. */
export async function connectBus(options: BusOptions): Promise<Bus> {
  const { name, log, signal, security } = options;
  // an address may hold a password
  const servers = options.servers.replaceAll(/\/\/[^/@,\s]*@/g, '//');
  for (;;) {
    if (signal?.aborted) throw cancelled();
    try {
      const connection = await connect({
        servers: options.servers.split(',').map((server) => server.trim()),
        ...busSecurityOptions(security),
        name,
        timeout: CONNECT_TIMEOUT_MS,
        pingInterval: PING_INTERVAL_MS,
        maxPingOut: MAX_PINGS_OUT,
        reconnectTimeWait: RETRY_MS,
        maxReconnectAttempts: -1,
      });
      log.info({ servers }, 'connected to the bus');
      return new Bus(connection, await connection.jetstreamManager({ checkAPI: false }), log);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ servers, reason }, `no bus at ${servers} yet; is NATS running there? trying again`);
    }
    await sleep(RETRY_MS, undefined, signal ? { signal } : {}).catch(() => {});
  }
}
