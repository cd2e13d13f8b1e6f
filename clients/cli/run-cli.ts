import { type Command, CommanderError } from '@commander-js/extra-typings';
import type { CliIo } from './cli-io.ts';
import { describeError, errorLine } from './output/error-line.ts';
import { buildProgram } from './program.ts';

const FAILURE = 1;
const USAGE = 2;

/**
 * Runs one command line (without node and script) and resolves to the exit code: 0, 1 for a failure, which is printed
 * as one line, 2 for a command line that is wrong. Never throws.
 */
export async function runCli(commandLine: readonly string[], io: CliIo): Promise<number> {
  const program = buildProgram(io);
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
    });
  }
  try {
    await program.parseAsync([...commandLine], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    report(error, io, commandLine.includes('--json'));
    return FAILURE;
  }
}

function report(error: unknown, io: CliIo, json: boolean): void {
  // Whoever interrupted the command knows why its calls were cancelled.
  if (io.signal.aborted && !json) return;
  const description = describeError(error);
  if (description === undefined) {
    const stack = error instanceof Error ? error.stack : String(error);
    io.err(`winnow: a fault in the command itself; please report it:\n${stack}`);
  } else if (json) {
    io.err(JSON.stringify({ error: description }));
  } else {
    io.err(`winnow: ${errorLine(description)}`);
  }
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap((child) => withSubcommands(child as Command))];
}
