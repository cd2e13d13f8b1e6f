import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { Log } from '../../../services/platform/log.ts';

/** One line of a captured log. */
export type LogLine = Record<string, unknown> & { readonly msg: string };

/** A log that keeps its lines for a test to look at. */
export function capturedLog(): { log: Log; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return { log: pino({ level: 'trace' }, sink), lines };
}
