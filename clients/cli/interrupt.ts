// npm and a terminal both pass one Ctrl-C on; a second signal within this time is the same keypress.
const SAME_PRESS_MS = 1_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** Turns signals into an AbortSignal. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** The exit code that tells of the signal; undefined where there was none. */
  exitCode(): number | undefined;
  /** Gives signals their usual effect back. */
  release(): void;
}

/** Aborts at the first SIGINT, SIGTERM or SIGHUP; a later one ends the process at once, and its children with it. */
export function catchInterrupts(): Interrupt {
  const controller = new AbortController();
  let first: { code: number; at: number } | undefined;
  const handle = (name: NodeJS.Signals) => {
    const code = EXIT_CODES[name as keyof typeof EXIT_CODES];
    if (first === undefined) {
      first = { code, at: Date.now() };
      controller.abort();
    } else if (Date.now() - first.at > SAME_PRESS_MS) {
      process.exit(code);
    }
  };
  for (const name of SIGNALS) process.on(name, handle);
  return {
    signal: controller.signal,
    exitCode: () => first?.code,
    release: () => {
      for (const name of SIGNALS) process.removeListener(name, handle);
    },
  };
}
