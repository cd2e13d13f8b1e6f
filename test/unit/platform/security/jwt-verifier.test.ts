import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { describe, expect, onTestFinished, test } from 'vitest';
import { jwtVerifier } from '../../../../services/platform/security/jwt-verifier.ts';
import { capturedLog } from '../captured-log.ts';

async function issuer() {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const key = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  const server = createServer((_, answer) => answer.end(JSON.stringify({ keys: [key] })));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { log, lines } = capturedLog();
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  const verify = jwtVerifier({ jwksUrl, issuer: 'me', audience: 'winnow', roleClaim: 'roles', log });
  const sign = (claims: JWTPayload, expiry = '5m') =>
    new SignJWT({ roles: ['read'], ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer(String(claims.iss ?? 'me'))
      .setAudience(String(claims.aud ?? 'winnow'))
      .setSubject('ann')
      .setExpirationTime(expiry)
      .sign(privateKey);
  return { verify, sign, lines, server };
}

describe('JSON Web Tokens', () => {
  test('tell the caller and its greatest role', async () => {
    const { verify, sign } = await issuer();
    expect(await verify({ token: await sign({}) })).toEqual({ name: 'ann', role: 'read' });
    expect(await verify({ token: await sign({ roles: ['read', 'winnow:submit', 'x'] }) })).toMatchObject({
      role: 'submit',
    });
    expect(await verify({ token: await sign({ roles: 'openid admin' }) })).toMatchObject({ role: 'admin' });
  });

  test('of another issuer, audience or key, run out, unsigned or without a role are not known', async () => {
    const { verify, sign } = await issuer();
    const other = await issuer();
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"roles":["admin"]}').toString('base64url')}.`;
    const tokens = [
      await sign({ iss: 'you' }),
      await sign({ aud: 'others' }),
      await sign({}, '-2m'),
      await sign({ roles: [] }),
      await other.sign({}),
      unsigned,
      'no token at all',
    ];
    for (const token of tokens) expect(await verify({ token })).toBeUndefined();
    expect(await verify({})).toBeUndefined();
  });

  test('are not known while the keys can’t be had, and the log says why', async () => {
    const { verify, sign, lines, server } = await issuer();
    server.close();
    expect(await verify({ token: await sign({}) })).toBeUndefined();
    expect(JSON.stringify(lines)).toContain('can not be fetched');
  });
});
