import type { CliIo } from '../cli-io.ts';
import { percent } from '../output/words.ts';

// One line every few seconds says that work goes on without filling a log.
const INTERVAL_MS = 3_000;

/** Says how far a piece of work is: at once when its phase changes, and every few seconds. */
export function workProgress(io: CliIo, now: () => number = Date.now) {
  let last: { phase: string; at: number } | undefined;
  return (phase: string, done: number, total: number, note = '') => {
    if (last?.phase === phase && now() - last.at < INTERVAL_MS) return;
    last = { phase, at: now() };
    io.err(`${phase} ${done}/${total} (${percent(total === 0 ? 0 : done / total, 0)})${note}`);
  };
}
