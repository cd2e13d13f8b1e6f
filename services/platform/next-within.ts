import { setTimeout as sleep } from 'node:timers/promises';
import { cancelled } from '../app-error.ts';

const MINUTE_MS = 60_000;

/** The next of a caller's messages; undefined at the end. CANCELLED where none comes within the pause that is allowed. */
export async function nextWithin<T>(messages: AsyncIterator<T>, pauseMs: number): Promise<T | undefined> {
  const timer = new AbortController();
  const late = sleep(pauseMs, 'late' as const, { signal: timer.signal });
  late.catch(() => {
    // the message came
  });
  try {
    const next = await Promise.race([messages.next(), late]);
    if (next === 'late') throw cancelled(`no message came within ${pauseMs / MINUTE_MS} minutes; call again`);
    return next.done ? undefined : next.value;
  } finally {
    timer.abort();
  }
}
