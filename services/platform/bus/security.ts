import { readFileSync } from 'node:fs';
import { type Authenticator, type ConnectionOptions, credsAuthenticator } from 'nats';
import { ConfigError } from '../config-error.ts';
import type { BusSecurityConfig } from './security-config.ts';

/** Files that a connection to NATS is secured with. */
export interface BusSecurity {
  readonly credentialsFile?: string | undefined;
  /** PEM. Where any is given, the connection has to be TLS. */
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string } | undefined;
}

function readable(setting: string, file: string | undefined): string | undefined {
  if (!file) return undefined;
  try {
    readFileSync(file);
    return file;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`${setting}: ${file} can't be read (${code}); give a file that this user may read`);
  }
}

/** What the settings say of NATS. @throws ConfigError for a file that can't be read, or a certificate without its key. */
export function busSecurity(config: BusSecurityConfig): BusSecurity {
  const credentialsFile = readable('WINNOW_NATS_CREDENTIALS', config.natsCredentials);
  const caFile = readable('WINNOW_NATS_TLS_CA', config.natsTlsCa);
  const certFile = readable('WINNOW_NATS_TLS_CERT', config.natsTlsCert);
  const keyFile = readable('WINNOW_NATS_TLS_KEY', config.natsTlsKey);
  if (!certFile !== !keyFile) {
    throw new ConfigError(
      `WINNOW_NATS_TLS_${certFile ? 'KEY' : 'CERT'} is not set: a certificate needs its key; set both`,
    );
  }
  const tls = { ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) };
  return { credentialsFile, ...(Object.keys(tls).length > 0 && { tls }) };
}

/** The part of the NATS client's options that is about security; credentials are read at each connection. */
export function busSecurityOptions(security: BusSecurity = {}): Partial<ConnectionOptions> {
  const { credentialsFile, tls } = security;
  const authenticator: Authenticator | undefined = credentialsFile
    ? (nonce) => credsAuthenticator(readFileSync(credentialsFile))(nonce)
    : undefined;
  return { ...(authenticator && { authenticator }), ...(tls && { tls }) };
}
