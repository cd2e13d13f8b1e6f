import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nkeys } from 'nats';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectBus } from '../../../../services/platform/bus/connection.ts';
import { type BusSecurity, busSecurity } from '../../../../services/platform/bus/security.ts';
import { startNatsServer } from '../../../system/nats-server.ts';
import { capturedLog } from '../captured-log.ts';
import { createAuthority } from '../security/certificates.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** A NATS that wants TLS with a client certificate, and a user's key. */
async function securedNats() {
  const authority = createAuthority();
  const { cert, key } = authority.issue('nats', 'nats');
  const user = nkeys.createUser();
  const server = await startNatsServer({
    config: [
      `tls { cert_file: "${cert}", key_file: "${key}", ca_file: "${authority.ca}", verify: true }`,
      `authorization { users: [ { nkey: "${user.getPublicKey()}" } ] }`,
    ].join('\n'),
  });
  onTestFinished(() => server.stop());
  const credentialsFile = join(authority.folder, 'nats.creds');
  const credentials = (seed: Uint8Array) =>
    `-----BEGIN NATS USER JWT-----\nnone\n------END NATS USER JWT------\n\n` +
    `-----BEGIN USER NKEY SEED-----\n${text(seed)}\n------END USER NKEY SEED------\n`;
  writeFileSync(credentialsFile, credentials(user.getSeed()));
  const client = authority.issue('client', 'winnow');
  const tls = { caFile: authority.ca, certFile: client.cert, keyFile: client.key };
  const refuse = (seed: Uint8Array) => writeFileSync(credentialsFile, credentials(seed));
  return { server, credentialsFile, tls, refuse };
}

/** Whether a connection comes about within two seconds, and what the log said. */
async function connects(servers: string, security: BusSecurity) {
  const { log, lines } = capturedLog();
  const signal = AbortSignal.timeout(2_000);
  try {
    const bus = await connectBus({ servers, name: 'test', log, security, signal });
    await bus.manager.getAccountInfo();
    await bus.close();
    return { connected: true, lines };
  } catch {
    return { connected: false, lines };
  }
}

describe('a NATS that wants TLS and credentials', () => {
  test('is reached with both, and with neither one alone', async () => {
    const { server, credentialsFile, tls, refuse } = await securedNats();
    expect((await connects(server.url, { credentialsFile, tls })).connected).toBe(true);
    expect((await connects(server.url, { tls })).connected).toBe(false);
    expect((await connects(server.url, { credentialsFile, tls: { caFile: tls.caFile } })).connected).toBe(false);
    expect((await connects(server.url, { credentialsFile })).connected).toBe(false);
    refuse(nkeys.createUser().getSeed());
    expect((await connects(server.url, { credentialsFile, tls })).connected).toBe(false);
  });

  test('a password in an address is not logged', async () => {
    const { lines } = await connects('nats://ann:geheim@127.0.0.1:1,nats://127.0.0.1:2', {});
    expect(lines.length).toBeGreaterThan(0);
    expect(JSON.stringify(lines)).not.toContain('geheim');
    expect(JSON.stringify(lines)).toContain('nats://127.0.0.1:1');
  });
});

test('settings that can’t be used are named', () => {
  expect(() => busSecurity({ natsCredentials: '/nowhere/nats.creds' })).toThrow(
    /WINNOW_NATS_CREDENTIALS: .* \(ENOENT\)/,
  );
  const { ca } = createAuthority();
  expect(() => busSecurity({ natsTlsCert: ca })).toThrow(/WINNOW_NATS_TLS_KEY is not set/);
  expect(busSecurity({})).toEqual({ credentialsFile: undefined });
  expect(busSecurity({ natsTlsCa: ca })).toEqual({ credentialsFile: undefined, tls: { caFile: ca } });
});
