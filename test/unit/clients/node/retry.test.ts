import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { withReopening, withRetries } from '../../../../clients/node/retry.ts';
import { RpcError } from '../../../../services/platform/rpc/rpc-error.ts';

const policy = { attempts: 3, firstWaitMs: 5, longestWaitMs: 20 };
const unavailable = new RpcError(status.UNAVAILABLE, 'gone');

/** An attempt that fails `failures` times, then succeeds. */
function failing(failures: number, error: unknown = unavailable) {
  const calls = { count: 0, timeouts: [] as (number | undefined)[] };
  const attempt = async ({ timeoutMs }: { timeoutMs?: number | undefined }) => {
    calls.count += 1;
    calls.timeouts.push(timeoutMs);
    if (calls.count <= failures) throw error;
    return 'done';
  };
  return { calls, attempt };
}

test('tries again while the service is unavailable', async () => {
  const { calls, attempt } = failing(2);
  expect(await withRetries(attempt, {}, policy)).toBe('done');
  expect(calls.count).toBe(3);
});

test('gives up after the last attempt', async () => {
  const { calls, attempt } = failing(9);
  await expect(withRetries(attempt, {}, policy)).rejects.toBe(unavailable);
  expect(calls.count).toBe(3);
});

test('does not repeat a call that failed otherwise', async () => {
  const refused = new RpcError(status.INVALID_ARGUMENT, 'no');
  const { calls, attempt } = failing(1, refused);
  await expect(withRetries(attempt, {}, policy)).rejects.toBe(refused);
  expect(calls.count).toBe(1);
});

test('the timeout bounds all attempts together', async () => {
  const { calls, attempt } = failing(9);
  const slow = { attempts: 100, firstWaitMs: 40, longestWaitMs: 40 };
  const before = Date.now();
  await expect(withRetries(attempt, { timeoutMs: 100 }, slow)).rejects.toBe(unavailable);
  expect(Date.now() - before).toBeLessThan(400);
  expect(calls.timeouts[0]).toBeLessThanOrEqual(100);
  expect(calls.timeouts.at(-1)!).toBeLessThan(calls.timeouts[0]!);
});

test('an abort ends the wait for the next attempt', async () => {
  const { attempt } = failing(9);
  const controller = new AbortController();
  const long = { attempts: 2, firstWaitMs: 60_000, longestWaitMs: 60_000 };
  const trying = withRetries(attempt, { signal: controller.signal }, long);
  controller.abort();
  await expect(trying).rejects.toBe(unavailable);
}, 2_000);

test('a stream that breaks is opened again, and every message gives the attempts back', async () => {
  let opened = 0;
  async function* open() {
    opened += 1;
    yield opened;
    if (opened < 6) throw unavailable;
  }
  const messages: number[] = [];
  for await (const message of withReopening(open, {}, policy)) messages.push(message);
  expect(messages).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a stream that never opens is given up', async () => {
  let opened = 0;
  // biome-ignore lint/correctness/useYield: it fails before its first message.
  async function* open(): AsyncGenerator<never> {
    opened += 1;
    throw unavailable;
  }
  const reading = withReopening(open, {}, policy).next();
  await expect(reading).rejects.toBe(unavailable);
  expect(opened).toBe(3);
});
