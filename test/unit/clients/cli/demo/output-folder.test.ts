import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultOutput, outputFolder, tidyOutput } from '../../../../../clients/cli/demo/output-folder.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

test('a new folder is named after date and time', () => {
  expect(defaultOutput(new Date(2026, 0, 2, 3, 4, 5))).toBe('winnow-run-20260102-030405');
});

test('a folder that holds something is refused', () => {
  const folder = temporaryFolder();
  expect(outputFolder(folder).root).toBe(folder);
  writeFileSync(join(folder, 'summary.json'), '{}');
  expect(() => outputFolder(folder)).toThrow(`${folder} is not empty; give a new folder with --output`);
});

test('tidying leaves results and takes everything else', () => {
  const folder = outputFolder(join(temporaryFolder(), 'run'));
  mkdirSync(join(folder.cluster, 'nats'), { recursive: true });
  tidyOutput(folder);
  expect(existsSync(folder.root)).toBe(false);
  mkdirSync(folder.cluster, { recursive: true });
  mkdirSync(folder.logs);
  tidyOutput(folder);
  expect(existsSync(folder.cluster)).toBe(false);
  expect(existsSync(folder.logs)).toBe(true);
});
