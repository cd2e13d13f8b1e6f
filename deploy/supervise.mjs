// Runs one command for as long as the caller holds this process's stdin open, so that a caller killed outright
// leaves nothing behind. Meant for programs that can't watch their parent themselves, such as nats-server.
//
//   node supervise.mjs [--remove FOLDER] [--linger MS] -- COMMAND [ARGUMENT ...]
//
// SIGTERM and SIGINT end the command at once, stdin closing does so after MS: time for others whose caller is gone too,
// and who use the command to end in order. FOLDER is deleted once the command has ended.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';

// nats-server flushes its streams on SIGTERM; below the caller's own grace, so that the caller needn't kill us first.
const GRACE_MS = 4_000;

const { values, positionals } = parseArgs({
  options: { remove: { type: 'string' }, linger: { type: 'string', default: '0' } },
  allowPositionals: true,
});
const [command, ...commandArguments] = positionals;
if (command === undefined) {
  console.error('usage: node supervise.mjs [--remove FOLDER] [--linger MS] -- COMMAND [ARGUMENT ...]');
  process.exit(2);
}

const child = spawn(command, commandArguments, { stdio: ['ignore', 'inherit', 'inherit'] });

function end() {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
}

function endLater() {
  setTimeout(end, Number(values.linger)).unref();
}

function finish(code) {
  if (values.remove !== undefined) rmSync(values.remove, { recursive: true, force: true });
  process.exit(code);
}

child.once('error', (error) => {
  console.error(`can't start ${command}: ${error.message}`);
  finish(127);
});
child.once('exit', (code, signal) => finish(signal === null ? (code ?? 1) : 1));
process.once('SIGTERM', end);
process.once('SIGINT', end);
process.stdin.once('end', endLater).once('error', endLater).resume();
