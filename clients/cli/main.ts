#!/usr/bin/env node
import { processIo } from './cli-io.ts';
import { catchInterrupts } from './interrupt.ts';
import { runCli } from './run-cli.ts';

// A reader such as `head` that closes its end early is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const interrupt = catchInterrupts();
const code = await runCli(process.argv.slice(2), processIo(interrupt.signal));
// A command that is interrupted as a matter of course, such as serve, ends well.
process.exitCode = code === 0 ? 0 : (interrupt.exitCode() ?? code);
interrupt.release();
