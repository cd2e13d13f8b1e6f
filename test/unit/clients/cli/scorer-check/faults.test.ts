import { describe, expect, test } from 'vitest';
import type { ScorerReport } from '../../../../../clients/cli/scorer-check/report.ts';
import { scorerService } from '../../../../../clients/node/scorer/scorer-service.ts';
import * as careless from './careless-scorers.ts';
import { checkAddress, checkImpl, HANG_TIMEOUT_MS, named, type ScorerImpl, serveImpl } from './check-served.ts';
import { faults } from './faults.ts';
import { serveLeniently } from './lenient-server.ts';
import { properScores, properSet } from './proper-scorers.ts';

const TIMEOUT_MS = 120_000;
const GIVEN_UP = ['cancel mid-stream', 'cancel in work', 'deadline'];
const noticed = new Set<string>();
const everyCheck = new Set<string>();

/** Runs all checks and notes which of them noticed something. */
async function check(impl: ScorerImpl, timeoutMs?: number): Promise<ScorerReport> {
  return note(await checkImpl(impl, timeoutMs));
}

function note(report: ScorerReport): ScorerReport {
  for (const { check: name } of report.checks) everyCheck.add(name);
  for (const name of named(report, 'fail', 'warning')) noticed.add(name);
  return report;
}

describe('the checks of a scorer', { timeout: TIMEOUT_MS }, () => {
  test.for([properScores, properSet])('$name passes all of them', async (definition) => {
    const report = await check(scorerService(definition));
    expect(report.checks.filter(({ verdict }) => verdict === 'fail' || verdict === 'warning')).toEqual([]);
    expect(report).toMatchObject({ conforms: true, scorer: definition.name, version: '1' });
    expect(report.counts.pass).toBeGreaterThan(40);
    expect(named(report, 'skipped')).toEqual(definition.output === 'set' ? ['example order'] : []);
  });

  test.for(faults)('$what is noticed by $noticedBy', async ({ what, impl, noticedBy }) => {
    const report = await check(impl(), what === 'never ready' ? HANG_TIMEOUT_MS : undefined);
    expect(named(report, 'fail', 'warning')).toEqual(expect.arrayContaining([...noticedBy]));
    for (const { verdict, remedy } of report.checks) {
      expect(remedy !== undefined).toBe(verdict === 'fail' || verdict === 'warning');
    }
  });

  test('a scorer that believes everything fails every refusal', async () => {
    const report = await check(careless.believer());
    const accepted = report.checks.filter(({ detail }) => detail === 'accepted as if nothing were wrong');
    expect(accepted.map(({ check: name }) => name)).toEqual(named(report, 'fail'));
    expect(accepted.length).toBe(20);
  });

  test('refusals with another status are warnings', async () => {
    const report = await check(careless.vague());
    expect(report.conforms).toBe(true);
    expect(named(report, 'warning')).toHaveLength(20);
    expect(report.checks.find(({ check: name }) => name === 'a NaN')?.detail).toMatch(/FAILED_PRECONDITION/);
  });

  test('a scorer that hangs on bad input fails', async () => {
    const report = await check(careless.hanging(), HANG_TIMEOUT_MS);
    const failed = report.checks.filter(({ verdict }) => verdict === 'fail');
    expect(failed.map(({ detail }) => detail)).toEqual(Array(3).fill(expect.stringMatching(/no answer within/)));
    expect(report.checks.at(-1)).toMatchObject({ verdict: 'skipped', detail: 'too many checks ran out of time' });
  });

  test('a scorer that answers otherwise after a refusal fails', async () => {
    const report = await check(careless.resentful());
    expect(report.checks.find(({ check: name }) => name === 'keep none')).toMatchObject({
      verdict: 'fail',
      detail: expect.stringContaining('another result than before'),
    });
  });

  test('a scorer that keeps its lock when a call is given up in the middle of the stream fails', async () => {
    expect(named(await check(careless.stubborn('receiving'), HANG_TIMEOUT_MS), 'fail')).toEqual(
      expect.arrayContaining(GIVEN_UP),
    );
  });

  test('a scorer that keeps its lock when a call is given up in the middle of the work fails', async () => {
    const report = await check(careless.stubborn('working'), HANG_TIMEOUT_MS);
    expect(named(report, 'pass')).toContain('cancel mid-stream');
    expect(named(report, 'fail')).toContain('cancel in work');
  });

  test('a scorer that ends before all examples came fails', async () => {
    expect(named(await check(careless.hasty()), 'fail')).toEqual(
      expect.arrayContaining(['score count', 'cancel mid-stream', 'deadline']),
    );
  });

  test('one call at a time is a warning, mixed up calls are a failure', async () => {
    const queued = await check(careless.queueing(), HANG_TIMEOUT_MS);
    expect(queued.conforms).toBe(true);
    expect(named(queued, 'warning')).toEqual(['two calls at once']);
    expect(named(await check(careless.forgetful()), 'fail')).toContain('two calls at once');
  });

  test('bytes that are no message must not be taken for one', async () => {
    const report = note(await checkAddress(await serveLeniently(careless.believer())));
    expect(report.checks.find(({ check: name }) => name === 'no message at all')).toMatchObject({
      verdict: 'fail',
      detail: 'accepted as if nothing were wrong',
    });
  });

  test('after a crash, the other checks are skipped', async () => {
    let crash = () => undefined as undefined;
    const { address, server } = await serveImpl(careless.fragile(() => crash()));
    crash = () => void server.shutdown(0);
    const report = note(await checkAddress(address));
    const at = report.checks.findIndex(({ check: name }) => name === 'a NaN');
    expect(report.checks[at]?.verdict).toBe('fail');
    expect(new Set(report.checks.slice(at + 1).map(({ detail }) => detail))).toEqual(
      new Set(['the scorer no longer answers']),
    );
  });

  test('every check has failed on some wrong scorer of the above', () => {
    expect([...everyCheck].filter((name) => !noticed.has(name))).toEqual([]);
  });
});
