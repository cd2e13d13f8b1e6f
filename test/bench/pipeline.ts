import { Command } from '@commander-js/extra-typings';
import { wholeIn } from '../../clients/cli/args/numbers.ts';
import type { CliIo } from '../../clients/cli/cli-io.ts';
import { plainTable } from '../../clients/cli/output/plain-table.ts';
import { measureOverhead } from './pipeline/measure-overhead.ts';
import { measurePublish, PUBLISH_CASES } from './pipeline/measure-publish.ts';
import type { OverheadLine, PublishLine } from './pipeline/pipeline-line.ts';
import { someOf } from './step/name-parsers.ts';

const PARTS = ['publish', 'overhead'] as const;

function text(line: PublishLine | OverheadLine): string {
  const { bench: _, what, ...figures } = line;
  const rows = Object.entries(figures).map(([name, value]) => [name, String(value)]);
  return plainTable([what, ''], rows);
}

/** `bench pipeline`: what moving index sets costs, and what share of a run is neither attack nor update. */
export function pipelineBench(io: CliIo) {
  return new Command('pipeline')
    .description('from an index set published to applied, and the share of a run outside attack and update')
    .option('--json', 'one line of JSON per case, as soon as it is measured')
    .option('--part <names>', PARTS.join(', '), someOf(PARTS))
    .option('--rounds <n>', 'index sets published of each size', wholeIn({ min: 1 }), 200)
    .option('--train-examples <n>', 'training examples of the run', wholeIn({ min: 100 }), 4_000)
    .option('--epochs <n>', 'epochs of the run, with a selection every 10', wholeIn({ min: 1 }), 20)
    .action(async ({ json, part = PARTS, rounds, trainExamples, epochs }) => {
      const tell = (line: PublishLine | OverheadLine) => io.out(json ? JSON.stringify(line) : text(line));
      if (part.includes('publish')) await measurePublish(PUBLISH_CASES, rounds, tell, io);
      if (part.includes('overhead')) tell(await measureOverhead({ trainExamples, epochs }, io));
    });
}
