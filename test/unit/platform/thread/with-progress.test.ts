import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { withProgress } from '../../../../services/platform/thread/with-progress.ts';

/** Work that a test moves on by hand. */
function handWork() {
  let tell: (value: number) => void = () => {};
  let resolve: (value: string) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const work = withProgress<number, string>((onProgress) => {
    tell = onProgress;
    return new Promise((onResult, onError) => {
      resolve = onResult;
      reject = onError;
    });
  });
  return { ...work, iterator: work.progress[Symbol.asyncIterator](), tell, resolve, reject };
}

describe('withProgress', () => {
  test('gives the newest value and skips those in between', async () => {
    const { iterator, tell, resolve, result } = handWork();
    tell(1);
    tell(2);
    tell(3);
    expect(await iterator.next()).toEqual({ done: false, value: 3 });
    const waiting = iterator.next();
    await setImmediate();
    tell(4);
    tell(5);
    expect(await waiting).toEqual({ done: false, value: 5 });
    resolve('end');
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(await result).toBe('end');
  });

  test('never holds the work up, however slow the reader', async () => {
    let told = 0;
    const { progress, result } = withProgress<number, string>(async (tell) => {
      for (; told < 1000; told++) {
        tell(told);
        if (told % 100 === 0) await setImmediate();
      }
      return 'end';
    });
    const seen: number[] = [];
    for await (const value of progress) {
      seen.push(value);
      if (seen.length === 1) expect(await result).toBe('end');
    }
    expect(told).toBe(1000);
    expect(seen.length).toBe(1);
  });

  test('ends a reader that waits when the work ends', async () => {
    const { iterator, resolve } = handWork();
    const waiting = iterator.next();
    await setImmediate();
    resolve('end');
    expect((await waiting).done).toBe(true);
  });

  test('throws a failure once: the stream only ends', async () => {
    const { progress, result } = withProgress<number, never>(async (tell) => {
      tell(1);
      await setImmediate();
      throw new Error('broken');
    });
    const seen: number[] = [];
    for await (const value of progress) seen.push(value);
    expect(seen).toEqual([1]);
    await expect(result).rejects.toThrow('broken');
  });

  test('a failure that nobody reads harms nothing', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    try {
      withProgress(() => Promise.reject(new Error('not read')));
      const { progress } = withProgress(() => Promise.reject(new Error('stream read, result not')));
      for await (const value of progress) expect(value).toBeUndefined();
      await sleep(20);
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});
