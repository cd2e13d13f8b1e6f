import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ErrorReason } from '../../../../proto/gen/winnow/v1/error_reason_pb.ts';
import { AppError, invalidField } from '../../../../services/app-error.ts';
import { WorkThread, type WorkThreadOptions } from '../../../../services/platform/thread/work-thread.ts';
import { compileWorker } from '../../compile-worker.ts';
import { expectAppError } from '../../dataset/fixtures/expect-app-error.ts';

const ENTRY = await compileWorker(new URL('./fixtures/work.ts', import.meta.url));

interface Identity {
  readonly threadId: number;
  readonly workerData: unknown;
}

// a worker takes a while to start, so tests that don't end theirs share one
const shared = new WorkThread(ENTRY, { data: { root: 'r' } });
beforeAll(() => shared.run('echo', 1));
afterAll(() => shared.close());

function newThread(options?: WorkThreadOptions): WorkThread {
  const thread = new WorkThread(ENTRY, options);
  onTestFinished(() => thread.close());
  return thread;
}

describe('a work thread', () => {
  test('does pieces in the order they were asked for, one at a time', async () => {
    const seen: unknown[] = [];
    const onProgress = (value: unknown) => seen.push(value);
    const results = await Promise.all([
      shared.run('count', 3, { onProgress }),
      shared.run('echo', 'a').then((value) => seen.push(value)),
      shared.run('count', 2, { onProgress }),
    ]);
    expect(seen).toEqual([0, 1, 2, 'a', 0, 1]);
    expect(results).toEqual([3, 4, 2]);
  });

  test('knows what memory its worker held when it last said something, and none once that has ended', async () => {
    const thread = newThread({ piecesPerWorker: 2 });
    expect(thread.held).toBeUndefined();
    const seen: unknown[] = [];
    const onAsk = async () => seen.push(thread.held);
    await thread.run('hold', 100, { onAsk });
    expect(seen).toEqual([{ bytes: 100, device: 'cpu' }]);
    await thread.run('fail', 'error').catch(() => {});
    expect(thread.held).toBeUndefined();
  });

  test('copies what is asked and answered, typed arrays and bigints too', async () => {
    const request = { bytes: Uint8Array.of(1, 2), seed: 2n ** 63n, name: 'x' };
    expect(await shared.run('echo', request)).toEqual(request);
  });

  test('goes on after a piece that fails, and fails as the work did', async () => {
    const [app, error, text, unknown, after] = await Promise.allSettled([
      shared.run('fail', 'app'),
      shared.run('fail', 'error'),
      shared.run('fail', 'text'),
      shared.run('neverHeardOf', null),
      shared.run('echo', 1),
    ]);
    expect(app).toEqual({ status: 'rejected', reason: invalidField('spec.x', 'is bad') });
    expect(error).toMatchObject({ reason: { message: 'a fault', stack: expect.stringContaining('fixtures/work.js') } });
    expect(text).toMatchObject({ reason: { message: 'only text' } });
    expect(unknown).toMatchObject({ reason: { message: 'no work is called neverHeardOf' } });
    expect(after).toEqual({ status: 'fulfilled', value: 1 });
  });

  test('fails for what can not be copied, and tells nothing to whoever asked for it', async () => {
    const stray: unknown[] = [];
    const onProgress = (value: unknown) => stray.push(value);
    await expect(shared.run('echo', () => {}, { onProgress })).rejects.toThrow('could not be cloned');
    await expect(shared.run('uncopyable', null)).rejects.toThrow('could not be cloned');
    expect(await shared.run('count', 2)).toBe(2);
    expect(stray).toEqual([]);
  });
});

describe('work that asks', () => {
  test('gets each answer to its own question, whichever comes first', async () => {
    const onAsk = async (question: unknown) => {
      await sleep(question === 'slow' ? 30 : 0);
      return `${question}!`;
    };
    expect(await shared.run('ask', ['slow', 'fast'], { onAsk })).toEqual(['slow!', 'fast!']);
  });

  test('gets the error of the answer, and may live with it', async () => {
    const onAsk = async () => {
      throw new AppError(ErrorReason.OVERLOADED, 'too much');
    };
    const error = await expectAppError(shared.run('ask', ['x'], { onAsk }), ErrorReason.OVERLOADED);
    expect(error.message).toBe('too much');
    expect(await shared.run('askKindly', 'x', { onAsk })).toMatchObject({ caught: { message: 'too much' } });
  });

  test('fails where nobody answers, or the answer can not be copied', async () => {
    await expect(shared.run('ask', ['x'])).rejects.toThrow('nobody answers');
    await expect(shared.run('ask', ['x'], { onAsk: async () => () => {} })).rejects.toThrow('could not be cloned');
  });

  test('may end before its answer, which then disturbs no other', async () => {
    let late: (value: string) => void = () => {};
    const onAsk = () =>
      new Promise<string>((resolve) => {
        late = resolve;
      });
    await shared.run('askAndLeave', 'x', { onAsk });
    const onNextAsk = async () => {
      late('not mine');
      await sleep(20);
      return 'mine';
    };
    expect(await shared.run('ask', ['y'], { onAsk: onNextAsk })).toEqual(['mine']);
  });
});

describe('a cancel', () => {
  test('before: nothing is done', async () => {
    const seen: unknown[] = [];
    const options = { signal: AbortSignal.abort(), onProgress: (value: unknown) => seen.push(value) };
    await expectAppError(shared.run('count', 5, options), ErrorReason.CANCELLED);
    expect(seen).toEqual([]);
  });

  test.each(['computeUntilStopped', 'breatheUntilStopped'])('during: %s ends, and the next goes on', async (kind) => {
    const stop = new AbortController();
    const work = shared.run(kind, null, { signal: stop.signal, onProgress: () => stop.abort() });
    const next = shared.run('echo', 2);
    await expectAppError(work, ErrorReason.CANCELLED);
    expect(await next).toBe(2);
  });

  test('in the queue: it ends at once, those around it keep their turns', async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);
    const running = shared.run('breatheUntilStopped', null, { signal: first.signal }).catch(note('running'));
    const queued = shared.run('echo', 1, { signal: second.signal }).catch(note('queued'));
    const last = shared.run('echo', 3).then(note('last'));
    second.abort();
    await queued;
    expect(order).toEqual(['queued']);
    first.abort();
    await Promise.all([running, last]);
    expect(order).toEqual(['queued', 'running', 'last']);
  });
});

describe('a worker', () => {
  test('that dies fails its piece alone; the next gets a new one', async () => {
    const thread = shared;
    const [before, exit, between, crash, after] = await Promise.allSettled([
      thread.run<Identity>('whoAmI', null),
      thread.run('exit', null),
      thread.run<Identity>('whoAmI', null),
      thread.run('crash', null),
      thread.run<Identity>('whoAmI', null),
    ]);
    expect(exit).toMatchObject({ reason: { message: 'the worker thread ended (code 3)' } });
    expect(crash).toMatchObject({ reason: { message: 'nobody catches this' } });
    const identities = [before, between, after].map((result) => (result as PromiseFulfilledResult<Identity>).value);
    expect(new Set(identities.map(({ threadId }) => threadId)).size).toBe(3);
    expect(identities.map(({ workerData }) => workerData)).toEqual(Array(3).fill({ root: 'r' }));
  });

  test('hands buffers over where the work says so, and copies no others', async () => {
    const thread = newThread();
    expect(await thread.run('handOver', 3)).toEqual({ numbers: Float32Array.of(1, 1, 1) });
    expect(await thread.run('lengthHandedOver', null)).toBe(0);
  });

  test('is replaced after so many pieces, failed ones counted', async () => {
    const thread = newThread({ piecesPerWorker: 2 });
    const ids: number[] = [];
    const note = async () => ids.push((await thread.run<Identity>('whoAmI', null)).threadId);
    await note();
    await thread.run('fail', 'error').catch(() => {});
    await note();
    await note();
    expect(ids[1]).not.toBe(ids[0]);
    expect(ids[2]).toBe(ids[1]);
  });

  test('ends at close, and all that was asked for with it', async () => {
    const thread = newThread();
    let begun = () => {};
    const computing = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const results = Promise.allSettled([
      thread.run('computeUntilStopped', null, { onProgress: begun }),
      thread.run('echo', 1),
    ]);
    await computing;
    await thread.close();
    for (const result of await results) expect(result).toMatchObject({ reason: { reason: ErrorReason.CANCELLED } });
    await expectAppError(thread.run('echo', 1), ErrorReason.CANCELLED);
    await thread.close();
  });
});
