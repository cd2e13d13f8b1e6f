import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { experimental } from '@grpc/grpc-js';
import { ConfigError } from '../config-error.ts';
import type { Log } from '../log.ts';
import type { ServerTls } from '../security/server-security.ts';

// Certificates are renewed days before they run out.
const LOOK_AGAIN_MS = 10_000;

/** A certificate, its key and the CA of client certificates as they are in their files. */
interface PemContents {
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
  readonly caCertificate: Buffer | undefined;
}

function read(setting: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`${setting}: ${file} can't be read (${code}); give a PEM file that this user may read`);
  }
}

function load({ certFile, keyFile, clientCaFile }: ServerTls): PemContents {
  const certificate = read('WINNOW_TLS_CERT', certFile);
  const privateKey = read('WINNOW_TLS_KEY', keyFile);
  const caCertificate = clientCaFile === undefined ? undefined : read('WINNOW_TLS_CLIENT_CA', clientCaFile);
  try {
    createSecureContext({ cert: certificate, key: privateKey, ...(caCertificate && { ca: caCertificate }) });
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unreadable';
    throw new ConfigError(`${certFile} and ${keyFile} are no PEM certificate and its key (${reason}); give a pair`);
  }
  return { certificate, privateKey, caCertificate };
}

function same(one: PemContents, other: PemContents): boolean {
  const key = ({ certificate, privateKey, caCertificate }: PemContents) =>
    Buffer.concat([certificate, privateKey, caCertificate ?? Buffer.alloc(0)]);
  return key(one).equals(key(other));
}

/**
 * A server's TLS files, read at once and again every ten seconds. A pair that doesn't fit, as between two writes, is left
 * aside: grpc-js' own watcher would end the process over it, and refuses calls until its first reading.
 */
export class PemFiles implements experimental.CertificateProvider {
  readonly #tls: ServerTls;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  readonly #identity = new Set<experimental.IdentityCertificateUpdateListener>();
  readonly #authority = new Set<experimental.CaCertificateUpdateListener>();
  #contents: PemContents;

  /** @throws ConfigError naming the setting and file. */
  constructor(tls: ServerTls, log: Log) {
    this.#tls = tls;
    this.#log = log;
    this.#contents = load(tls);
    this.#timer = setInterval(() => this.#refresh(), LOOK_AGAIN_MS).unref();
  }

  /** Stops reading. */
  close(): void {
    clearInterval(this.#timer);
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identity.add(listener);
    // grpc-js asks before it is ready to be told
    process.nextTick(listener, this.#contents);
  }

  removeIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identity.delete(listener);
  }

  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#authority.add(listener);
    process.nextTick(() => this.#tellAuthority(listener));
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#authority.delete(listener);
  }

  #tellAuthority(listener: experimental.CaCertificateUpdateListener): void {
    const { caCertificate } = this.#contents;
    listener(caCertificate ? { caCertificate } : null);
  }

  #refresh(): void {
    try {
      const contents = load(this.#tls);
      if (same(contents, this.#contents)) return;
      this.#contents = contents;
    } catch (error) {
      this.#log.error({ reason: (error as Error).message }, 'the TLS files can not be used; the old ones stay');
      return;
    }
    for (const listener of this.#identity) listener(this.#contents);
    for (const listener of this.#authority) this.#tellAuthority(listener);
    this.#log.info({ file: this.#tls.certFile }, 'the TLS files were read again');
  }
}
