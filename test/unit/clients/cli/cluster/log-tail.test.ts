import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { logTail } from '../../../../../clients/cli/cluster/log-tail.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

test('gives the last lines, of a file larger than what is read too', () => {
  const file = join(temporaryFolder(), 'a.log');
  const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i}`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  expect(logTail(file, 3)).toBe('line 19997\nline 19998\nline 19999');
});

test('is empty for a missing and for an empty file', () => {
  const file = join(temporaryFolder(), 'a.log');
  expect(logTail(file)).toBe('');
  writeFileSync(file, '');
  expect(logTail(file)).toBe('');
});
