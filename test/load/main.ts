import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { wholeIn } from '../../clients/cli/args/numbers.ts';
import { processIo } from '../../clients/cli/cli-io.ts';
import { checkOwnCluster, startOwnCluster } from '../../clients/cli/cluster/own-cluster.ts';
import { catchInterrupts } from '../../clients/cli/interrupt.ts';
import { ghzBinary } from './ghz.ts';
import { measureLoad } from './measure-load.ts';

// `npm run test:load`: watchers and unary calls beside a run, on this machine. Results are committed under test/bench/results.

const interrupt = catchInterrupts();
const io = processIo(interrupt.signal);
const program = new Command('load')
  .description('Calls the training service hard while a run trains: latency, slowdown, overload.')
  .option('--watchers <n>', 'WatchRun streams', wholeIn({ min: 1 }), 200)
  .option('--rate <n>', 'unary calls a second', wholeIn({ min: 1 }), 1_000)
  .option('--seconds <n>', 'how long to call', wholeIn({ min: 1 }), 30)
  .option('--examples <n>', 'training examples of the run', wholeIn({ min: 10 }), 1_000)
  .option('--epochs <n>', 'epochs of the run', wholeIn({ min: 1 }), 6)
  .option('--overload <n>', 'streams to ask for at last', wholeIn({ min: 1 }), 2_500)
  .option('--output <file>', 'where to write the outcome, as JSON');

program.action(async ({ output, watchers, rate, seconds, examples, epochs, overload }) => {
  const ghz = await ghzBinary();
  const folder = mkdtempSync(join(tmpdir(), 'winnow-load-'));
  const own = { output: folder, folder, logs: join(folder, 'logs'), dataset: 'mnist', keep: false, logLevel: 'warn' };
  const cluster = await startOwnCluster(own, await checkOwnCluster(own, io), io);
  try {
    const { trainingAddress } = cluster;
    const load = {
      trainingAddress,
      ghz,
      watchers,
      callsPerSecond: rate,
      seconds,
      examples,
      epochs,
      overload,
      say: io.err,
    };
    const outcome = await Promise.race([measureLoad(load), cluster.failed]);
    const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
    const text = `${JSON.stringify({ asked: { watchers, rate, seconds, examples, epochs }, ...outcome, machine }, null, 2)}\n`;
    if (output) writeFileSync(output, text);
    io.out(text);
  } finally {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
await program.parseAsync();
process.exitCode = interrupt.exitCode() ?? process.exitCode;
interrupt.release();
