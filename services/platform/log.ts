import { destination, type Logger, pino } from 'pino';

/** A structured logger: one JSON line per call, on stderr so that stdout stays free for results. */
export type Log = Logger;

/** The levels a process can log at, least to most. */
export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];

/**
 * The log of one process. Lines are written at once, so none is lost when the process ends; where telemetry/preload.ts
 * was loaded they carry trace_id and span_id of the span that is active.
 */
export function createLog(name: string, level: LogLevel = 'info'): Log {
  return pino(
    {
      name,
      level,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ dest: 2, sync: true }),
  );
}
