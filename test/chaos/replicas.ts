import { setTimeout as sleep } from 'node:timers/promises';
import { connectTraining, type TrainingClient } from '../../clients/node/training-client.ts';

/** Longest time that all replicas may be away, a restart of each included. */
const PATIENCE_MS = 120_000;
const CALL_MS = 10_000;

/** The training service as its clients see it: several addresses, any of which may be away. */
export class Replicas {
  readonly #clients: readonly TrainingClient[];
  #next = 0;

  constructor(addresses: readonly string[]) {
    this.#clients = addresses.map((address) => connectTraining(address));
  }

  /** Calls one replica after the other until one answers. */
  async call<T>(attempt: (client: TrainingClient, options: { timeoutMs: number }) => Promise<T>): Promise<T> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const client = this.#clients[this.#next++ % this.#clients.length];
      try {
        return await attempt(client, { timeoutMs: CALL_MS });
      } catch (error) {
        if (performance.now() > end) throw error;
        await sleep(200);
      }
    }
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}
