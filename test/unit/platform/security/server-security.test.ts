import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { TrainingService } from '../../../../proto/gen/winnow/v1/training_service_pb.ts';
import {
  type ChannelSecurity,
  checkHealth,
  createClient,
  openChannel,
} from '../../../../services/platform/rpc/client.ts';
import { RpcServer } from '../../../../services/platform/rpc/server.ts';
import type { ServiceImpl } from '../../../../services/platform/rpc/service-impl.ts';
import { securityConfig } from '../../../../services/platform/security/config.ts';
import { serverSecurity } from '../../../../services/platform/security/server-security.ts';
import { capturedLog } from '../captured-log.ts';
import { type Authority, createAuthority } from './certificates.ts';

const READ = 'a-token-that-may-read';
const SUBMIT = 'a-token-that-may-submit';

/** A server with these settings, whose calls all answer with nothing. */
async function secured(settings: Record<string, unknown>) {
  const { log, lines } = capturedLog();
  const config = { ...z.object(securityConfig).parse(settings), listen: '127.0.0.1:0' };
  const server = new RpcServer({ log, security: serverSecurity(config, log) });
  const implementation = { listRuns: async () => ({}), createRun: async () => ({}) };
  server.add(TrainingService, implementation as unknown as ServiceImpl<typeof TrainingService>);
  const port = await server.listen(config.listen);
  onTestFinished(() => server.shutdown(0));
  const open = (security: ChannelSecurity = {}) => {
    const channel = openChannel(`localhost:${port}`, security);
    onTestFinished(() => channel.close());
    return { channel, rpc: createClient(TrainingService, channel) };
  };
  return { open, lines };
}

function tokenFiles({ folder }: Authority) {
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return {
    tokens: write('tokens', `ann read ${READ}\nben submit ${SUBMIT}\nops admin cn:ops\n`),
    read: write('read', `${READ}\n`),
    submit: write('submit', SUBMIT),
    wrong: write('wrong', 'a-token-nobody-knows'),
  };
}

describe('tokens', () => {
  test('are asked for, and their role decides what may be called', async () => {
    const files = tokenFiles(createAuthority());
    const { open, lines } = await secured({ authTokens: files.tokens });
    const refused = { code: status.UNAUTHENTICATED, reason: ErrorReason.UNAUTHENTICATED };
    await expect(open().rpc.listRuns({})).rejects.toMatchObject(refused);
    await expect(open({ tokenFile: files.wrong }).rpc.listRuns({})).rejects.toMatchObject(refused);
    const reader = open({ tokenFile: files.read });
    await expect(reader.rpc.listRuns({})).resolves.toBeDefined();
    await expect(reader.rpc.createRun({})).rejects.toMatchObject({
      code: status.PERMISSION_DENIED,
      reason: ErrorReason.PERMISSION_DENIED,
      message: expect.stringContaining("'ann' has the role read; this call needs submit"),
    });
    await expect(open({ tokenFile: files.submit }).rpc.createRun({})).resolves.toBeDefined();
    expect(await checkHealth(open().channel)).toBe(true);
    for (const secret of [READ, SUBMIT, 'a-token-nobody-knows']) expect(JSON.stringify(lines)).not.toContain(secret);
  });

  test('never leave this machine in plaintext', () => {
    const files = tokenFiles(createAuthority());
    expect(() => openChannel('training.example:7440', { tokenFile: files.read })).toThrow(/plaintext; use TLS/);
  });
});

describe('TLS', () => {
  test('lets in who trusts the authority, and nobody in plaintext', async () => {
    const authority = createAuthority();
    const { cert, key } = authority.issue('server', 'winnow');
    const { open } = await secured({ tlsCert: cert, tlsKey: key });
    await expect(open({ tls: { caFile: authority.ca } }).rpc.listRuns({})).resolves.toBeDefined();
    const stranger = createAuthority();
    for (const security of [{}, { tls: { caFile: stranger.ca } }, { tls: {} }]) {
      await expect(open(security).rpc.listRuns({}, { timeoutMs: 3_000 })).rejects.toMatchObject({ name: 'RpcError' });
    }
  });

  test('with client certificates lets in those alone, and knows them by their name', async () => {
    const authority = createAuthority();
    const server = authority.issue('server', 'winnow');
    const ops = authority.issue('ops', 'ops');
    const files = tokenFiles(authority);
    const { open } = await secured({
      tlsCert: server.cert,
      tlsKey: server.key,
      tlsClientCa: authority.ca,
      authTokens: files.tokens,
    });
    const tls = { caFile: authority.ca };
    await expect(open({ tls }).rpc.listRuns({}, { timeoutMs: 3_000 })).rejects.toMatchObject({ name: 'RpcError' });
    const withCertificate = { ...tls, certFile: ops.cert, keyFile: ops.key };
    await expect(open({ tls: withCertificate }).rpc.createRun({})).resolves.toBeDefined();
    const other = authority.issue('other', 'other');
    const unknown = open({ tls: { ...tls, certFile: other.cert, keyFile: other.key } });
    await expect(unknown.rpc.listRuns({})).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
  });

  test('takes up a new certificate without a restart', async () => {
    const authority = createAuthority();
    const { cert, key } = authority.issue('server', 'first');
    const { open } = await secured({ tlsCert: cert, tlsKey: key });
    const nameSeen = async () => {
      const { channel, rpc } = open({ tls: { caFile: authority.ca } });
      await rpc.listRuns({});
      const { connect } = await import('node:tls');
      const [host, port] = channel.address.split(':');
      const socket = connect({ host, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ['h2'] });
      await new Promise<void>((resolve) => socket.once('secureConnect', () => resolve()));
      const { CN } = socket.getPeerCertificate().subject;
      socket.destroy();
      return CN;
    };
    expect(await nameSeen()).toBe('first');
    authority.issue('server', 'second');
    await sleep(11_000);
    expect(await nameSeen()).toBe('second');
  });
});

describe('settings', () => {
  const check = (settings: Record<string, unknown>, listen = '0.0.0.0:7440') => {
    const { log, lines } = capturedLog();
    serverSecurity({ ...z.object(securityConfig).parse(settings), listen }, log);
    return JSON.stringify(lines);
  };

  test('beyond loopback both TLS and a way to tell callers apart are needed, or leave to go without, with a warning', () => {
    const files = tokenFiles(createAuthority());
    expect(() => check({})).toThrow(/calls are plaintext .* and anybody may call .*WINNOW_ALLOW_INSECURE=true/);
    expect(() => check({ authTokens: files.tokens })).toThrow(/calls are plaintext/);
    expect(() => check({ tlsCert: 'a', tlsKey: 'b' })).toThrow(/anybody may call/);
    expect(check({ allowInsecure: 'true' })).toContain('calls are plaintext');
    expect(check({}, '127.0.0.1:7440')).toBe('[]');
    expect(check({ tlsCert: 'a', tlsKey: 'b', authTokens: files.tokens })).toBe('[]');
  });

  test('a certificate without its key, and keys without an issuer, are named', () => {
    expect(() => check({ tlsCert: 'a' })).toThrow(/WINNOW_TLS_KEY is not set/);
    expect(() => check({ tlsClientCa: 'a' })).toThrow(/WINNOW_TLS_CLIENT_CA needs/);
    expect(() => check({ authJwksUrl: 'https://id.example/keys' })).toThrow(/needs WINNOW_AUTH_ISSUER/);
    expect(() => check({ authTokens: '/nowhere/tokens' })).toThrow(/tokens can't be read \(ENOENT\)/);
  });

  test('a file that is no certificate is refused before the server listens', async () => {
    const authority = createAuthority();
    const { cert } = authority.issue('server', 'winnow');
    await expect(secured({ tlsCert: cert, tlsKey: authority.ca })).rejects.toThrow(/no PEM certificate and its key/);
  });
});
