const EXIT_CODES = { SIGTERM: 143, SIGINT: 130 } as const;

/** Calls `close` at the first SIGTERM or SIGINT; a second one ends the process at once. Returns how to stop listening. */
export function endOnSignals(close: () => Promise<void>): () => void {
  let closing = false;
  const handle = (name: NodeJS.Signals) => {
    // The second one is meant for a process that hangs.
    if (closing) process.exit(EXIT_CODES[name as keyof typeof EXIT_CODES]);
    closing = true;
    void close();
  };
  const names = Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[];
  for (const name of names) process.on(name, handle);
  return () => {
    for (const name of names) process.off(name, handle);
  };
}
