import { setTimeout as sleep } from 'node:timers/promises';
import type { DescService } from '@bufbuild/protobuf';
import { Server, type ServiceDefinition, status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Log } from '../log.ts';
import type { ServerSecurity } from '../security/server-security.ts';
import { authorize } from './authorize.ts';
import { CallAborted, type CallScope } from './call-context.ts';
import { Health } from './health.ts';
import { limitCalls } from './limit-calls.ts';
import { measureCalls } from './measure-calls.ts';
import { methodPath, passBytes } from './message-codec.ts';
import { DEFAULT_MAX_MESSAGE_BYTES } from './message-size.ts';
import { type AnyImpl, methodHandler } from './method-handler.ts';
import { PemFiles } from './pem-files.ts';
import { addReflection } from './reflection.ts';
import { serverCredentials } from './server-credentials.ts';
import type { ServiceImpl } from './service-impl.ts';

// Finds callers that vanished without closing their connection, so that their calls are aborted.
const KEEPALIVE_TIME_MS = 60_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;
// Two hundred watchers and a burst of requests fit several times; a call that waits takes some tens of kilobytes.
const DEFAULT_MAX_CALLS = 2_000;
// Time for the final status of aborted calls to reach their callers before connections are cut.
const FAREWELL_MS = 250;

/** A gRPC server for protobuf-es services, with health checks (grpc.health.v1) and reflection. */
export class RpcServer {
  readonly #server: Server;
  readonly #log: Log;
  readonly #health = new Health();
  readonly #services: DescService[] = [];
  readonly #scopes = new Set<CallScope>();
  readonly #pemFiles: PemFiles | undefined;
  readonly #clientCertificates: boolean;
  #serving: boolean | undefined;

  /** Plaintext and open to all where `security` is absent. ConfigError for TLS files that can't be used. */
  constructor(options: { log: Log; maxMessageBytes?: number; maxCalls?: number; security?: ServerSecurity }) {
    this.#log = options.log;
    const { tls, verifiers = [] } = options.security ?? {};
    this.#pemFiles = tls && new PemFiles(tls, options.log);
    this.#clientCertificates = tls?.clientCaFile !== undefined;
    this.#server = new Server({
      interceptors: [
        measureCalls(),
        limitCalls(options.maxCalls ?? DEFAULT_MAX_CALLS, options.log),
        ...(verifiers.length > 0 ? [authorize(verifiers, options.log)] : []),
      ],
      'grpc.max_receive_message_length': options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES,
      'grpc.keepalive_time_ms': KEEPALIVE_TIME_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    });
  }

  /** Adds a service; before {@link listen}. */
  add<S extends DescService>(service: S, implementation: ServiceImpl<S>): void {
    const definition: Record<string, ServiceDefinition[string]> = {};
    const handlers: UntypedServiceImplementation = {};
    const environment = { log: this.#log, scopes: this.#scopes };
    for (const method of service.methods) {
      const name = method.localName as keyof ServiceImpl<S>;
      const impl: AnyImpl = (request, context) => (implementation[name] as AnyImpl)(request, context);
      handlers[method.localName] = methodHandler(method, impl, environment);
      definition[method.localName] = {
        path: methodPath(method),
        requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
        responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
        requestSerialize: passBytes,
        requestDeserialize: passBytes,
        responseSerialize: passBytes,
        responseDeserialize: passBytes,
      };
    }
    this.#server.addService(definition, handlers);
    this.#health.add(service.typeName);
    this.#services.push(service);
  }

  /** What health checks say. A server that listens is serving unless this said otherwise before. */
  setServing(serving: boolean): void {
    this.#serving = serving;
    this.#health.setServing(serving);
  }

  /** Listens on `host:port`, any free port for 0; resolves to the port. */
  async listen(address: string): Promise<number> {
    this.#health.addToServer(this.#server);
    addReflection(this.#server, this.#services);
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(address, serverCredentials(this.#pemFiles, this.#clientCertificates), (error, bound) => {
        if (error) reject(new Error(`cannot listen on ${address}: ${error.message}; choose another address`));
        else resolve(bound);
      });
    });
    this.#health.setServing(this.#serving ?? true);
    return port;
  }

  /** Refuses new calls, gives running ones `graceMs` to end, then ends them with UNAVAILABLE. */
  async shutdown(graceMs: number): Promise<void> {
    this.setServing(false);
    this.#health.endWatches();
    this.#pemFiles?.close();
    const closed = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    if (await endedWithin(closed, graceMs)) return;
    for (const scope of this.#scopes) scope.abort(new CallAborted(status.UNAVAILABLE, 'the server is shutting down'));
    if (await endedWithin(closed, FAREWELL_MS)) return;
    this.#server.forceShutdown();
    await closed;
  }
}

async function endedWithin(ended: Promise<void>, timeoutMs: number): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(timeoutMs, false, { signal: timer.signal }).catch(() => false);
  const inTime = await Promise.race([ended.then(() => true), late]);
  timer.abort();
  return inTime;
}
