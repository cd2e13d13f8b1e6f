/** What the command line touches of the process, so that it can run inside another one. */
export interface CliIo {
  /** Results: tables, JSON. */
  readonly out: (text: string) => void;
  /** Progress, notes and errors. */
  readonly err: (text: string) => void;
  /** Where progress bars are drawn; absent where there is no terminal, and plain lines are written to `err` instead. */
  readonly terminal?: NodeJS.WriteStream;
  /** Columns of the terminal that shows results. */
  readonly columns: number;
  /** Whether results may be coloured. */
  readonly colour: boolean;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Aborts when the user interrupts the command. */
  readonly signal: AbortSignal;
}

// Where output isn't a terminal: wide enough for every table.
const DEFAULT_COLUMNS = 120;

/** The process's own streams. */
export function processIo(signal: AbortSignal): CliIo {
  const { stdout, stderr, env } = process;
  return {
    out: (text) => stdout.write(`${text}\n`),
    err: (text) => stderr.write(`${text}\n`),
    ...(stderr.isTTY && { terminal: stderr }),
    columns: stdout.columns ?? DEFAULT_COLUMNS,
    colour: stdout.isTTY === true && stdout.hasColors(),
    env,
    signal,
  };
}
