import { expect, onTestFinished, test } from 'vitest';
import { scorerService } from '../../../../../clients/node/scorer/scorer-service.ts';
import { serveScorer } from '../../../../../clients/node/serve-scorer.ts';
import { createAuthority } from '../../../platform/security/certificates.ts';
import { runAgainst } from '../test-io.ts';
import { believer } from './careless-scorers.ts';
import { serveImpl } from './check-served.ts';
import { properScores } from './proper-scorers.ts';

// Nobody listens there.
const NOWHERE = '127.0.0.1:1';
const LARGE = ['--examples', '400'];

test('a proper scorer gives a line for each check and code 0', async () => {
  const { address } = await serveImpl(scorerService(properScores));
  const { code, out, err } = await runAgainst('', ['scorer', 'check', address, ...LARGE]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const lines = out.split('\n');
  expect(lines[0]).toMatch(/^pass {5}describe +answered$/);
  expect(lines).toContainEqual(expect.stringMatching(/^pass +large input +400 scores, [\d.]+ s$/));
  expect(lines.at(-1)).toMatch(
    new RegExp(`^proper-scores 1 at ${address} keeps the contract: \\d+ passed, 0 warnings, 0 failed, 0 skipped$`),
  );
});

test('a wrong scorer gives remedies and code 1', async () => {
  const { address } = await serveImpl(believer());
  const { code, out, err } = await runAgainst('', ['scorer', 'check', address, ...LARGE]);
  expect(code).toBe(1);
  expect(out).toMatch(/FAIL +a NaN +accepted as if nothing were wrong\n +remedy: refuse values that are not finite/);
  expect(out).toMatch(/ breaks the contract: \d+ passed, 0 warnings, 20 failed, 0 skipped$/);
  expect(err).toMatch(/^winnow: 20 of \d+ checks failed$/);
});

test('--json prints the report alone', async () => {
  const { address } = await serveImpl(believer());
  const { code, out, err } = await runAgainst('', ['scorer', 'check', address, ...LARGE, '--json']);
  expect(code).toBe(1);
  const report = JSON.parse(out);
  expect(report).toMatchObject({
    address,
    scorer: 'proper-scores',
    version: '1',
    conforms: false,
    counts: { fail: 20 },
  });
  expect(report.checks).toContainEqual({
    check: 'keep none',
    verdict: 'fail',
    detail: 'accepted as if nothing were wrong',
    remedy: expect.stringContaining('between 1 and examples'),
  });
  expect(JSON.parse(err)).toMatchObject({ error: { message: expect.stringContaining('checks failed') } });
});

test('a scorer that is not there is said so, with the remedy', async () => {
  const { code, err } = await runAgainst('', ['scorer', 'check', NOWHERE, '--timeout', '1']);
  expect(code).toBe(1);
  expect(err).toMatch(/no server answers at 127\.0\.0\.1:1 within 1000 ms; start the scorer/);
});

test('over TLS, with the CA that signed the scorer', async () => {
  const authority = createAuthority();
  const { cert, key } = authority.issue('scorer', 'scorer');
  const { address, close } = await serveScorer(properScores, {
    address: 'localhost:0',
    tls: { certFile: cert, keyFile: key },
    endOnSignals: false,
    logLevel: 'silent',
  });
  onTestFinished(() => close(0));
  const line = ['scorer', 'check', address, ...LARGE];
  expect(await runAgainst('', [...line, '--tls-ca', authority.ca])).toMatchObject({ code: 0, err: '' });
  expect(await runAgainst('', [...line, '--timeout', '1'])).toMatchObject({ code: 1, out: '' });
});

test('an interrupted run gives no verdict', async () => {
  const { address } = await serveImpl(scorerService(properScores));
  const signal = AbortSignal.abort();
  const { code, out, err } = await runAgainst('', ['scorer', 'check', address, '--json'], { signal });
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(JSON.parse(err)).toMatchObject({ error: { code: 'CANCELLED' } });
});
