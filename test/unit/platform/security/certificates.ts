import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A certificate and its key, as files in PEM. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority in a folder of its own; made with openssl, gone after the test. */
export interface Authority {
  readonly ca: string;
  readonly folder: string;
  /** Issues a certificate for a name, valid for localhost and 127.0.0.1; the same file name takes its place. */
  issue(file: string, commonName: string): CertificateFiles;
}

const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes a certificate authority. */
export function createAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-ca-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  openssl(
    'req',
    '-x509',
    ...EC_KEY,
    '-keyout',
    path('ca.key'),
    '-out',
    path('ca.crt'),
    '-subj',
    '/CN=test-ca',
    '-days',
    '2',
  );
  writeFileSync(path('ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  return {
    ca: path('ca.crt'),
    folder,
    issue(file, commonName) {
      const [cert, key, request] = [path(`${file}.crt`), path(`${file}.key`), path(`${file}.csr`)];
      openssl('req', ...EC_KEY, '-keyout', key, '-out', request, '-subj', `/CN=${commonName}`);
      const signed = ['-CA', path('ca.crt'), '-CAkey', path('ca.key'), '-CAcreateserial', '-days', '2'];
      openssl('x509', '-req', '-in', request, '-out', cert, ...signed, '-extfile', path('ext'));
      return { cert, key };
    },
  };
}
