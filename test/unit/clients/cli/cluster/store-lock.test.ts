import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockStore } from '../../../../../clients/cli/cluster/store-lock.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

test('a folder is taken once, and can be taken again when it was given back', () => {
  const folder = join(temporaryFolder(), 'store');
  const unlock = lockStore(folder);
  expect(() => lockStore(folder)).toThrow(`${folder} is in use by process ${process.pid}`);
  unlock();
  expect(existsSync(join(folder, 'lock'))).toBe(false);
  lockStore(folder)();
});

test.each(['a process that has ended', 'nonsense'])('a lock left by %s is taken over', (owner) => {
  const folder = temporaryFolder();
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  writeFileSync(join(folder, 'lock'), owner === 'nonsense' ? 'nonsense' : `${pid}`);
  expect(() => lockStore(folder)).not.toThrow();
});
