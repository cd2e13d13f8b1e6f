import { Command } from '@commander-js/extra-typings';
import { wholeIn } from '../../clients/cli/args/numbers.ts';
import type { CliIo } from '../../clients/cli/cli-io.ts';
import { plainTable } from '../../clients/cli/output/plain-table.ts';
import { LEAST_CUT_EXAMPLES } from '../../services/scoring/shards/plan-shards.ts';
import { measureScale } from './scale/measure-scale.ts';
import type { ScaleLine } from './scale/scale-line.ts';
import { ASSUMPTIONS, MODEL, MOST_REPLICAS } from './scale/simulate.ts';

/** Training examples of the MNIST files that come with the project. */
const MOST_EXAMPLES = 60_000;

const EXPLANATION = `
A round with one scoring process, then with two, one thread each: from the request to the index set. Then, from what the
round on one process cost, a simulation of 1,280,000 examples on 1 to ${MOST_REPLICAS} replicas:

  ${MODEL}

It takes for granted that
${ASSUMPTIONS.map((assumption) => `  - ${assumption}`).join('\n')}

Costs are per example and shard of the model and attack that were measured: give --architecture and --steps of your own.`;

function text({ bench: _, what, ...figures }: ScaleLine): string {
  const rows = Object.entries(figures).map(([name, value]) => [name, String(value)]);
  return plainTable([what, ''], rows);
}

/** `bench scale`: what a second scoring process brings, and what many would. */
export function scaleBench(io: CliIo) {
  return new Command('scale')
    .description('a scoring round with 1 and 2 processes, and simulated with up to 256')
    .option('--json', 'one line of JSON per case')
    .option(
      '--examples <n>',
      'training examples of the measured round',
      wholeIn({ min: LEAST_CUT_EXAMPLES, max: MOST_EXAMPLES }),
      16_384,
    )
    .option('--steps <n>', 'steps of the scoring attack', wholeIn({ min: 1, max: 100 }), 10)
    .option('--architecture <name>', 'the scored model', 'small-cnn')
    .option('--rounds <n>', 'rounds of which the median counts', wholeIn({ min: 1 }), 3)
    .option('--classes <n>', 'classes of the simulated data set', wholeIn({ min: 2 }), 1_000)
    .option('--features <n>', 'features of the simulated model', wholeIn({ min: 1 }), 512)
    .addHelpText('after', EXPLANATION)
    .action(async ({ json, ...options }) => {
      await measureScale(options, (line) => io.out(json ? JSON.stringify(line) : text(line)), io);
    });
}
