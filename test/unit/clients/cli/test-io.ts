import type { CliIo } from '../../../../clients/cli/cli-io.ts';
import { runCli } from '../../../../clients/cli/run-cli.ts';

/** What a command line gave. */
export interface CliResult {
  readonly code: number;
  /** Results, as on stdout. */
  readonly out: string;
  /** Notes and errors, as on stderr. */
  readonly err: string;
}

/** Runs a command line in this process, away from a terminal, against the services at `address`. */
export async function runAgainst(
  address: string,
  line: readonly string[],
  options: { signal?: AbortSignal; onErr?: (text: string) => void } = {},
): Promise<CliResult> {
  const out: string[] = [];
  const err: string[] = [];
  const io: CliIo = {
    out: (text) => out.push(text),
    err: (text) => {
      err.push(text);
      options.onErr?.(text);
    },
    columns: 120,
    colour: false,
    env: {},
    signal: options.signal ?? new AbortController().signal,
  };
  const code = await runCli(['--training', address, '--scoring', address, ...line], io);
  return { code, out: out.join('\n'), err: err.join('\n') };
}
