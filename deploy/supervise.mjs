// Runs one command for as long as the caller holds this process's stdin open, so that a caller killed outright
// leaves nothing behind. Meant for programs that can't watch their parent themselves, such as nats-server.
//
//   node supervise.mjs [--remove FOLDER] -- COMMAND [ARGUMENT ...]
//
// stdin closing, SIGTERM or SIGINT end the command (SIGTERM, then SIGKILL); FOLDER is deleted once it has ended.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

// nats-server flushes its streams on SIGTERM; below the caller's own grace, so that the caller needn't kill us first.
const GRACE_MS = 4_000;

const separator = process.argv.indexOf('--');
const [flag, folder] = process.argv.slice(2, separator);
const [command, ...commandArguments] = process.argv.slice(separator + 1);
if (separator < 2 || command === undefined) {
  console.error('usage: node supervise.mjs [--remove FOLDER] -- COMMAND [ARGUMENT ...]');
  process.exit(2);
}

const child = spawn(command, commandArguments, { stdio: ['ignore', 'inherit', 'inherit'] });

function end() {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
}

function finish(code) {
  if (flag === '--remove' && folder !== undefined) rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}

child.once('error', (error) => {
  console.error(`can't start ${command}: ${error.message}`);
  finish(127);
});
child.once('exit', (code, signal) => finish(signal === null ? (code ?? 1) : 1));
process.once('SIGTERM', end);
process.once('SIGINT', end);
process.stdin.once('end', end).once('error', end).resume();
