import { ConfigError } from './config-error.ts';
import { createLog, type Log, type LogLevel, logLevels } from './log.ts';
import { shutdownTelemetry } from './telemetry/shutdown.ts';

/** How a process learns of its end and prepares for it. */
export interface Shutdown {
  /** Aborted at the first SIGTERM or SIGINT, before anything is closed. */
  readonly signal: AbortSignal;
  /** The process's log. */
  readonly log: Log;
  /** Adds something to be closed at the end; what was added last is closed first. */
  onClose(name: string, close: () => Promise<void> | void): void;
  /** Ends the process as a SIGTERM would. */
  request(reason: string): void;
  /** Ends the process when standard input is closed, as it is when the parent that holds it dies. */
  withParent(): void;
}

// Kubernetes kills 30 s after SIGTERM.
const CLOSE_DEADLINE_MS = 25_000;

/**
 * Runs a process. `start` brings it up and returns; what it opened, it hands to {@link Shutdown.onClose}. SIGTERM and
 * SIGINT close all of it, once, in reverse order, and end the process with code 0; a second one ends it at once. Code 1
 * after 25 s of closing, after an error nobody caught and after a `start` that failed.
 */
export function runProcess(name: string, start: (shutdown: Shutdown) => Promise<void>): void {
  const running = new RunningProcess(createLog(name, levelFromEnvironment()));
  process.on('SIGTERM', () => running.onSignal('SIGTERM', 143));
  process.on('SIGINT', () => running.onSignal('SIGINT', 130));
  process.on('uncaughtException', (error) => void running.crash(error));
  process.on('unhandledRejection', (error) => void running.crash(error));
  start(running).catch((error: unknown) => running.failStart(error));
}

class RunningProcess implements Shutdown {
  readonly log: Log;
  readonly #abort = new AbortController();
  readonly #closers: { name: string; close: () => Promise<void> | void }[] = [];

  constructor(log: Log) {
    this.log = log;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  onClose(name: string, close: () => Promise<void> | void): void {
    this.#closers.push({ name, close });
  }

  request(reason: string): void {
    if (!this.signal.aborted) void this.#end(reason, 0);
  }

  withParent(): void {
    process.stdin.once('end', () => this.request('the parent process ended'));
    process.stdin.once('error', () => this.request('the parent process ended'));
    process.stdin.resume();
  }

  onSignal(signal: string, code: number): void {
    // The second one is meant for a process that hangs.
    if (this.signal.aborted) process.exit(code);
    void this.#end(signal, 0);
  }

  async failStart(error: unknown): Promise<void> {
    // An interrupted start fails in whatever it was waiting for.
    if (this.signal.aborted) return;
    if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
    else this.log.fatal({ err: error }, 'the process could not start');
    await this.#end('start failed', 1);
  }

  /** After an error nobody caught, nothing can be relied upon to close. */
  async crash(error: unknown): Promise<void> {
    this.log.fatal({ err: error }, 'an error nobody caught ends the process');
    await shutdownTelemetry();
    process.exit(1);
  }

  async #end(reason: string, code: number): Promise<void> {
    this.log.info({ reason }, 'shutting down');
    this.#abort.abort();
    let closing = '';
    const deadline = setTimeout(() => {
      this.log.error(`closing ${closing} takes more than ${CLOSE_DEADLINE_MS} ms; giving up`);
      process.exit(1);
    }, CLOSE_DEADLINE_MS);
    for (let closer = this.#closers.pop(); closer; closer = this.#closers.pop()) {
      closing = closer.name;
      await this.#close(closer.name, closer.close);
    }
    await shutdownTelemetry();
    clearTimeout(deadline);
    process.exit(code);
  }

  async #close(name: string, close: () => Promise<void> | void): Promise<void> {
    try {
      await close();
    } catch (error) {
      this.log.error({ err: error }, `${name} could not be closed`);
    }
  }
}

/** The level that is set, where it is one; a wrong one is reported when the settings are read. */
function levelFromEnvironment(): LogLevel {
  return logLevels.find((level) => level === process.env.WINNOW_LOG_LEVEL) ?? 'info';
}
