import { ConfigError } from '../config-error.ts';
import type { Log } from '../log.ts';
import { isLoopback } from '../rpc/loopback.ts';
import type { Verifier } from './caller.ts';
import type { SecurityConfig } from './config.ts';
import { jwtVerifier } from './jwt-verifier.ts';
import { tokenFileVerifier } from './token-file.ts';

/** Files of a server's TLS, in PEM. */
export interface ServerTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** CA of client certificates; where given, clients have to show one. */
  readonly clientCaFile?: string | undefined;
}

/** How a server lets callers in. */
export interface ServerSecurity {
  /** Plaintext where absent. */
  readonly tls?: ServerTls | undefined;
  /** In this order; the first that knows a caller counts. Where empty, everybody may do everything. */
  readonly verifiers: readonly Verifier[];
}

function tlsOf({ tlsCert, tlsKey, tlsClientCa }: SecurityConfig): ServerTls | undefined {
  if (!tlsCert !== !tlsKey) {
    throw new ConfigError(`WINNOW_TLS_${tlsCert ? 'KEY' : 'CERT'} is not set: a certificate needs its key; set both`);
  }
  if (tlsClientCa && !tlsCert) {
    throw new ConfigError(
      'WINNOW_TLS_CLIENT_CA needs WINNOW_TLS_CERT and WINNOW_TLS_KEY: client certificates come over TLS',
    );
  }
  if (!tlsCert || !tlsKey) return undefined;
  return { certFile: tlsCert, keyFile: tlsKey, clientCaFile: tlsClientCa };
}

function verifiersOf({ authTokens, authJwksUrl, authIssuer, authAudience, authRoleClaim }: SecurityConfig, log: Log) {
  const verifiers: Verifier[] = [];
  if (authTokens) verifiers.push(tokenFileVerifier(authTokens, log));
  if (authJwksUrl) {
    if (!authIssuer || !authAudience) {
      throw new ConfigError('WINNOW_AUTH_JWKS_URL needs WINNOW_AUTH_ISSUER and WINNOW_AUTH_AUDIENCE; set both');
    }
    const options = { jwksUrl: authJwksUrl, issuer: authIssuer, audience: authAudience, roleClaim: authRoleClaim, log };
    verifiers.push(jwtVerifier(options));
  }
  return verifiers;
}

/**
 * What the settings say of callers. Where a server listens beyond loopback, it has to have TLS, and a way to tell callers
 * apart, unless WINNOW_ALLOW_INSECURE says otherwise; then the log warns.
 * @throws ConfigError with the setting and the remedy.
 */
export function serverSecurity(config: SecurityConfig & { readonly listen: string }, log: Log): ServerSecurity {
  const security: ServerSecurity = { tls: tlsOf(config), verifiers: verifiersOf(config, log) };
  if (isLoopback(config.listen)) return security;
  const missing = [
    security.tls ? undefined : 'calls are plaintext (set WINNOW_TLS_CERT and WINNOW_TLS_KEY)',
    security.verifiers.length > 0 || security.tls?.clientCaFile
      ? undefined
      : 'anybody may call (set WINNOW_AUTH_TOKENS, WINNOW_AUTH_JWKS_URL or WINNOW_TLS_CLIENT_CA)',
  ].filter((problem) => problem !== undefined);
  if (missing.length === 0) return security;
  const problem = `listening on ${config.listen}: ${missing.join(' and ')}`;
  if (!config.allowInsecure) {
    throw new ConfigError(`${problem}; or say WINNOW_ALLOW_INSECURE=true, or listen on 127.0.0.1`);
  }
  log.warn(`${problem}, as WINNOW_ALLOW_INSECURE allows`);
  return security;
}
