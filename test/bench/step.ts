import { readFileSync } from 'node:fs';
import { Command } from '@commander-js/extra-typings';
import { ratioIn } from '../../clients/cli/args/numbers.ts';
import { CliError } from '../../clients/cli/cli-error.ts';
import type { CliIo } from '../../clients/cli/cli-io.ts';
import { Precision } from '../../proto/gen/winnow/v1/model_pb.ts';
import { resolvePrecision } from '../../services/spec/precision.ts';
import { BATCHES, chosenCases, chosenPairs, MODELS, OBJECTIVES, PEERS, PRECISIONS } from './step/cases.ts';
import { DoneLines } from './step/done-lines.ts';
import { measureSteps } from './step/measure-step.ts';
import { someOf } from './step/name-parsers.ts';
import { type StepLine, stepTable } from './step/step-line.ts';

/** Seconds for the rounds of a case: some ten rounds of a small network, two of ResNet-18. */
const DEFAULT_SECONDS = 8;

/** Whether runs may ask for bf16. */
function hasBf16(): boolean {
  try {
    return resolvePrecision(Precision.BF16, 'precision') === Precision.BF16;
  } catch {
    return false;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(`--done: ${(error as Error).message}; name a file that holds lines of this bench`);
  }
}

/** `bench step`: one training step beside PyTorch's. */
export function stepBench(io: CliIo) {
  return new Command('step')
    .description('one TRADES, MART and AT step (10-step attack, update included) beside the same step in PyTorch')
    .option('--json', 'one line of JSON per pair, as soon as it is measured')
    .option('--model <names>', MODELS.join(', '), someOf(MODELS))
    .option('--objective <names>', OBJECTIVES.join(', '), someOf(OBJECTIVES))
    .option('--batch <sizes>', BATCHES.join(', '), someOf(BATCHES.map(String)))
    .option('--precision <names>', `ours: ${PRECISIONS.join(', ')}`, someOf(PRECISIONS))
    .option('--peer <names>', PEERS.join(', '), someOf(PEERS))
    .option('--seconds <n>', 'how long to measure a case; two rounds at least', ratioIn({ min: 0 }), DEFAULT_SECONDS)
    .option('--done <file>', 'leaves out what this file has lines of, as "--json" gives them')
    .action(async ({ json, seconds, done, ...narrowing }) => {
      const lines: StepLine[] = [];
      const onLine = (line: StepLine) => {
        lines.push(line);
        if (json) io.out(JSON.stringify(line));
      };
      const plan = {
        cases: chosenCases(narrowing),
        pairs: chosenPairs(narrowing, hasBf16()),
        seconds,
        done: new DoneLines(done === undefined ? '' : readText(done)),
      };
      await measureSteps(plan, onLine, io);
      if (!json) io.out(stepTable(lines));
    });
}
