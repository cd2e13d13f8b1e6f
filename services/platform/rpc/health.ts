import type { Server, ServerWritableStream, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';

/** The service grpc.health.v1.Health: one entry for the whole server ('') and one for each service. */
export class Health {
  readonly #implementation = new HealthImplementation({ '': 'NOT_SERVING' });
  readonly #names = [''];
  readonly #watchers = new Set<ServerWritableStream<unknown, unknown>>();

  /** Adds an entry, not serving at first. */
  add(serviceName: string): void {
    this.#names.push(serviceName);
    this.#implementation.setStatus(serviceName, 'NOT_SERVING');
  }

  /** Sets all entries; watchers are told. */
  setServing(serving: boolean): void {
    for (const name of this.#names) this.#implementation.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  }

  /** Ends all Watch calls, which otherwise go on for ever and hold up a graceful shutdown. */
  endWatches(): void {
    for (const call of this.#watchers) call.end();
  }

  addToServer(server: Server): void {
    this.#implementation.addToServer({
      addService: (definition, implementation) =>
        server.addService(definition as ServiceDefinition, this.#trackWatches(implementation)),
    });
  }

  #trackWatches(implementation: Record<string, unknown>): UntypedServiceImplementation {
    const { watch, ...others } = implementation as UntypedServiceImplementation;
    return {
      ...others,
      watch: (call: ServerWritableStream<unknown, unknown>) => {
        this.#watchers.add(call);
        call.on('cancelled', () => this.#watchers.delete(call));
        (watch as (call: unknown) => void)(call);
      },
    };
  }
}
