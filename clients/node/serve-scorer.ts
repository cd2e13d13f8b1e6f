import { pino } from 'pino';
import { ScorerService } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { RpcServer } from '../../services/platform/rpc/server.ts';
import { checkDefinition } from './scorer/check-definition.ts';
import type { ScorerDefinition } from './scorer/definition.ts';
import { endOnSignals } from './scorer/end-on-signals.ts';
import { scorerService } from './scorer/scorer-service.ts';

/** Time for calls under way to end after a SIGTERM; Kubernetes kills 30 s after it. */
const GRACE_MS = 20_000;

/** A scorer that is being served. */
export interface ServedScorer {
  /** host:port to register; with the port that was taken where 0 was asked for. */
  readonly address: string;
  /** Refuses new calls, gives those under way `graceMs` to end, then ends them. */
  close(graceMs?: number): Promise<void>;
}

/** How to serve. */
export interface ServeOptions {
  /** host:port to listen on; any free port for 0. */
  readonly address: string;
  /** PEM files of TLS, client certificates being asked for where their CA is given; plaintext where absent. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly clientCaFile?: string };
  /** Whether SIGTERM and SIGINT close the server, which lets the process end; true where absent. */
  readonly endOnSignals?: boolean;
  /** pino's level of the log on stderr; `info` where absent. */
  readonly logLevel?: string;
}

/**
 * Serves one scorer over gRPC, with health checks and reflection. Its stream is checked before `score` sees it: wrong
 * input is refused with INVALID_ARGUMENT, an error of `score` reaches the caller as INTERNAL and the log in full.
 */
export async function serveScorer(definition: ScorerDefinition, options: ServeOptions): Promise<ServedScorer> {
  checkDefinition(definition);
  const log = pino({ name: definition.name, level: options.logLevel ?? 'info' }, pino.destination(2));
  const { tls } = options;
  const server = new RpcServer({ log, ...(tls && { security: { tls, verifiers: [] } }) });
  server.add(ScorerService, scorerService(definition));
  const port = await server.listen(options.address);
  const address = options.address.replace(/:\d+$/, `:${port}`);
  let stopListening: (() => void) | undefined;
  const close = async (graceMs = GRACE_MS) => {
    log.info('shutting down');
    await server.shutdown(graceMs);
    stopListening?.();
  };
  if (options.endOnSignals ?? true) stopListening = endOnSignals(close);
  log.info({ address }, 'ready');
  return { address, close };
}
