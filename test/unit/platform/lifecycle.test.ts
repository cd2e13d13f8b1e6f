import { describe, expect, test } from 'vitest';
import { type Child, runFixture } from './child-process.ts';
import { eventually } from './eventually.ts';

async function started(behaviour: string): Promise<Child> {
  const child = runFixture('lifecycle', { env: { TEST_BEHAVIOUR: behaviour } });
  await child.prints('started');
  return child;
}

const CLOSED = 'started\nclosed second, aborted true\nclosed first\n';

// Each test starts a process that is compiled as it loads.
describe('a process', { timeout: 60_000 }, () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s closes in reverse order, once, and ends with 0', async (signal) => {
    const child = await started('plain');
    child.process.kill(signal);
    expect(await child.ended).toBe(0);
    expect(child.stdout).toBe(CLOSED);
    expect(child.stderr).toContain(`"reason":"${signal}"`);
  });

  test('a second signal ends it at once', async () => {
    const child = await started('closer-hangs');
    child.process.kill('SIGTERM');
    await eventually(() => child.stderr.includes('shutting down'));
    child.process.kill('SIGINT');
    expect(await child.ended).toBe(130);
  });

  test('a closer that fails does not keep the others from closing', async () => {
    const child = await started('closer-fails');
    child.process.kill('SIGTERM');
    expect(await child.ended).toBe(0);
    expect(child.stdout).toBe(CLOSED);
    expect(child.stderr).toContain('broken could not be closed');
  });

  test('it can end itself', async () => {
    const child = await started('request');
    expect(await child.ended).toBe(0);
    expect(child.stdout).toBe(CLOSED);
  });

  test('it ends with the parent that holds its standard input', async () => {
    const child = await started('with-parent');
    child.process.stdin?.end();
    expect(await child.ended).toBe(0);
    expect(child.stdout).toBe(CLOSED);
  });

  test.each([
    ['uncaught', 'nobody catches this'],
    ['unhandled', 'nobody awaits this'],
  ])('an error nobody caught (%s) is logged and ends it with 1', async (behaviour, message) => {
    const child = await started(behaviour);
    expect(await child.ended).toBe(1);
    const line = JSON.parse(child.stderr.trim().split('\n')[0] as string);
    expect(line).toMatchObject({ level: 'fatal', err: { message, stack: expect.any(String) } });
  });

  test('a start that fails is logged, what was opened is closed, code 1', async () => {
    const child = runFixture('lifecycle', { env: { TEST_BEHAVIOUR: 'start-fails' } });
    expect(await child.ended).toBe(1);
    expect(child.stdout).toBe(CLOSED.replace('started\n', ''));
    expect(child.stderr).toContain('can not start');
  });

  test('settings that can not be used are printed plainly, one a line', async () => {
    const child = runFixture('lifecycle', { env: { TEST_BEHAVIOUR: 'bad-config' } });
    expect(await child.ended).toBe(1);
    expect(child.stderr).toContain('\nWINNOW_LOG_LEVEL=y: ');
    expect(child.stderr).toMatch(/^WINNOW_LISTE is not known; did you mean WINNOW_LISTEN\?$/m);
  });
});
