import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from '@commander-js/extra-typings';
import { wholeIn } from '../../clients/cli/args/numbers.ts';
import type { FuzzTask } from './child.ts';
import type { Finding, FuzzOutcome } from './fuzz.ts';

// `npm run test:fuzz`: a million broken inputs for every decoder. A child does the work, so that a crash is a finding.

// Short enough that memory which is not given back shows as growth within one child, not as a slow whole.
const INPUTS_PER_CHILD = 50_000;
// Some inputs a second are the least; ten thousand are usual.
const HANG_MS = 30_000;

interface Piece {
  readonly outcome?: FuzzOutcome;
  readonly finding?: Finding;
}

const child = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './child.ts' : './child.js', import.meta.url));

function inputUnderWay(file: string): number {
  try {
    return readFileSync(file).readDoubleLE(0);
  } catch {
    return Number.NaN;
  }
}

/** Runs one child to its end, its crash or its hang. */
function runPiece(task: FuzzTask): Promise<Piece> {
  return new Promise((resolve) => {
    const forked = fork(child, [], {
      execArgv: [...process.execArgv, '--max-old-space-size=1024'],
      serialization: 'advanced',
    });
    let outcome: FuzzOutcome | undefined;
    let [last, since] = [Number.NaN, performance.now()];
    const watch = setInterval(() => {
      const input = inputUnderWay(task.progressFile);
      if (input !== last) [last, since] = [input, performance.now()];
      else if (performance.now() - since > HANG_MS) forked.kill('SIGKILL');
    }, 1_000);
    forked.once('message', (message) => {
      outcome = message as FuzzOutcome;
    });
    forked.once('exit', (code, signal) => {
      clearInterval(watch);
      if (outcome) return resolve({ outcome });
      const input = inputUnderWay(task.progressFile);
      const how = signal === 'SIGKILL' ? `hung for ${HANG_MS} ms` : `ended with ${signal ?? code}`;
      resolve({ finding: { target: 'process', input, problem: `the process ${how}`, bytes: '' } });
    });
    forked.send(task);
  });
}

const program = new Command('fuzz')
  .description('Feeds every decoder with inputs that are nearly right: no crash, no hang, no growth.')
  .option('--inputs <n>', 'how many', wholeIn({ min: 1 }), 1_000_000)
  .option('--seed <n>', 'which ones', wholeIn({ min: 0 }), 1)
  .option('--output <file>', 'where to write the outcome, as JSON');

program.action(async ({ inputs, seed, output }) => {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-fuzz-'));
  const totals = { accepted: 0, slowestMs: 0, grownMiB: 0, byTarget: {} as Record<string, number> };
  const findings: Finding[] = [];
  const started = performance.now();
  let from = 0;
  while (from < inputs) {
    const piece = Math.min(INPUTS_PER_CHILD, inputs - from);
    const { outcome, finding } = await runPiece({ from, inputs: piece, seed, progressFile: join(folder, 'input') });
    if (finding) findings.push(finding);
    findings.push(...(outcome?.findings ?? []));
    totals.accepted += outcome?.accepted ?? 0;
    totals.slowestMs = Math.max(totals.slowestMs, outcome?.slowestMs ?? 0);
    totals.grownMiB = Math.max(totals.grownMiB, outcome?.grownMiB ?? 0);
    for (const [name, count] of Object.entries(outcome?.byTarget ?? {})) {
      totals.byTarget[name] = (totals.byTarget[name] ?? 0) + count;
    }
    // after a crash, the next child goes on behind the input that caused it
    from = finding && Number.isFinite(finding.input) ? finding.input + 1 : from + piece;
    console.error(`${from} of ${inputs} inputs, ${findings.length} findings`);
  }
  rmSync(folder, { recursive: true, force: true });
  const seconds = Math.round((performance.now() - started) / 1000);
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  const report = { inputs, seed, seconds, ...totals, findings, machine };
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (output) writeFileSync(output, text);
  console.log(text);
  process.exitCode = findings.length > 0 ? 1 : 0;
});
await program.parseAsync();
