import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectPaths } from '../../clients/cli/cluster/project-paths.ts';
import { temporaryFolder } from '../unit/clients/temporary-folder.ts';
import { startCli } from './cli-process.ts';
import { startExample } from './example-scorer.ts';

const TIMEOUT_MS = 300_000;
const { root } = projectPaths();
const goSources = join(root, 'clients', 'go', 'prototype-scorer');
const hasGo = spawnSync('go', ['version']).status === 0;

/** Runs the check as a process; the results by name. */
async function check(address: string, ...options: string[]) {
  const { code, out, err } = await startCli('scorer', 'check', address, ...options, '--json').exited;
  const report = JSON.parse(out);
  const notPassed = report.checks.filter(({ verdict }: { verdict: string }) => verdict !== 'pass');
  return { code, err, report, notPassed };
}

describe('winnow scorer check', { timeout: TIMEOUT_MS }, () => {
  test('the TypeScript example keeps the contract, and ends on SIGTERM', async () => {
    const script = join(root, 'dist', 'clients', 'node', 'examples', 'serve-coverage.js');
    const scorer = await startExample(process.execPath, [script, '127.0.0.1:0']);
    const { code, report, notPassed } = await check(scorer.address);
    expect(notPassed).toMatchObject([{ check: 'example order', verdict: 'skipped' }]);
    expect({ code, scorer: report.scorer, conforms: report.conforms }).toEqual({
      code: 0,
      scorer: 'coverage',
      conforms: true,
    });
    expect(await scorer.end('SIGTERM')).toBe(0);
  });

  test.skipIf(!hasGo)(
    `the Go example keeps the contract, and ends on SIGTERM${hasGo ? '' : ' (skipped: there is no go here)'}`,
    async () => {
      const binary = join(temporaryFolder(), 'prototype-scorer');
      execFileSync('go', ['build', '-o', binary, '.'], { cwd: goSources, stdio: 'inherit' });
      const scorer = await startExample(binary, ['-address', '127.0.0.1:0']);
      const { code, report, notPassed } = await check(scorer.address);
      expect(notPassed).toEqual([]);
      expect({ code, scorer: report.scorer }).toEqual({ code: 0, scorer: 'prototype' });
      expect(await scorer.end('SIGTERM')).toBe(0);
    },
  );

  test('a scorer that dies in the middle of a check gives code 1', async () => {
    const script = join(root, 'dist', 'clients', 'node', 'examples', 'serve-coverage.js');
    const scorer = await startExample(process.execPath, [script, '127.0.0.1:0']);
    const cli = startCli('scorer', 'check', scorer.address, '--timeout', '5');
    await cli.said(/pass +same seed/);
    expect(await scorer.end('SIGKILL')).toBeNull();
    const { code, out } = await cli.exited;
    expect(code).toBe(1);
    expect(out).toContain('the scorer no longer answers');
    expect(out).toMatch(/coverage 1 at .* breaks the contract/);
  });
});
