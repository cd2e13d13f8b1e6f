import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseTokenFile, tokenFileVerifier } from '../../../../services/platform/security/token-file.ts';
import { capturedLog } from '../captured-log.ts';

const TOKEN = 'a-token-of-some-length';
const OTHER = 'another-token-of-some-length';

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-tokens-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'tokens');
  writeFileSync(path, text);
  return path;
}

describe('a token file', () => {
  test('knows callers by token, by a token’s hash and by a certificate’s name', () => {
    const hash = createHash('sha256').update(OTHER).digest('hex');
    const path = file(
      `# who may call\nann read ${TOKEN}  # a person\nci submit sha256:${hash}\nops admin cn:ops.example\n`,
    );
    const verify = tokenFileVerifier(path, capturedLog().log);
    expect(verify({ token: TOKEN })).toEqual({ name: 'ann', role: 'read' });
    expect(verify({ token: OTHER })).toEqual({ name: 'ci', role: 'submit' });
    expect(verify({ commonName: 'ops.example' })).toEqual({ name: 'ops', role: 'admin' });
    expect(verify({ token: hash })).toBeUndefined();
    expect(verify({ token: `${TOKEN}x`, commonName: 'ops' })).toBeUndefined();
    expect(verify({})).toBeUndefined();
  });

  test.each([
    ['', /no tokens/],
    ['ann read', /line 1: must be NAME ROLE SECRET/],
    [`\nann root ${TOKEN}`, /line 2: the role is "root"; must be one of read, submit, admin/],
    ['ann read short', /line 1: the token has fewer than 16 characters/],
  ])('%j is refused, and the secret is not repeated', (text, message) => {
    const parse = () => parseTokenFile(text, 'tokens');
    expect(parse).toThrow(message);
    expect(parse).not.toThrow(/short$|a-token/);
  });

  test('is read again when it changes; a broken one changes nothing', async () => {
    const path = file(`ann read ${TOKEN}`);
    const { log, lines } = capturedLog();
    const verify = tokenFileVerifier(path, log);
    writeFileSync(path, `ben admin ${OTHER}`);
    await sleep(1_100);
    expect(verify({ token: TOKEN })).toBeUndefined();
    expect(verify({ token: OTHER })).toMatchObject({ name: 'ben' });
    writeFileSync(path, 'nonsense');
    await sleep(1_100);
    expect(verify({ token: OTHER })).toMatchObject({ name: 'ben' });
    expect(JSON.stringify(lines)).toContain('could not be read again');
  });
});
