import { Argument, Command } from '@commander-js/extra-typings';
import { studyTable } from '../../../services/report/study/study-table.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { logLevelOption } from '../commands/serve.ts';
import { globalOptions } from '../connections.ts';
import { plannedCells } from './cells.ts';
import { readPlan } from './plan.ts';
import { runStudy, studyResults } from './run-study.ts';

const HELP = `
A plan is a JSON file:
  {
    "settings": { "dataset": "cifar10", "trainExamples": 2000, "epsilon": "8/255", "epochs": 30 },
    "objectives": ["trades", "mart", "at"],
    "scorers": ["adv-grad-match", { "name": "adv-glister", "parameters": { "eta": 2 } }],
    "fractions": [0.3],
    "bulletTrain": true,
    "seeds": [1, 2, 3],
    "evaluation": { "steps": 50, "restarts": 10, "examples": 1000, "autoAttack": { "examples": 250, "seeds": [1] } }
  }
settings are the options of "winnow run create" in camel case. Full data, a random subset of the same size, and full data
for a pruned run's number of updates ("sameUpdates": false leaves it out) stand beside the scorers in every comparison.
The same command goes on with what is complete after an interruption.`;

/** `winnow compare`: a study from a plan. */
export function compareCommand(io: CliIo) {
  return new Command('compare')
    .description('train every combination of a plan, evaluate it under strong attacks, and compare')
    .addArgument(new Argument('<plan>', 'JSON file that says what to compare'))
    .requiredOption('-o, --output <folder>', 'folder of the results; one with an interrupted comparison goes on')
    .option('--rows <text>', 'only rows whose name contains this')
    .option('--list', 'list the rows and seeds, and which are complete; run nothing')
    .option('--data-root <folder>', 'folder whose subfolders are data sets (default: one with MNIST)')
    .addOption(logLevelOption())
    .addHelpText('after', HELP)
    .action(async (file, { output, rows, list, dataRoot, logLevel }, self) => {
      const plan = readPlan(file);
      const all = plannedCells(plan);
      const cells = all.filter(({ name }) => rows === undefined || name.includes(rows));
      if (cells.length === 0) throw new CliError(`no row's name contains "${rows}"; --list shows them`);
      const json = globalOptions(self).json === true;
      const results = list
        ? studyResults(output, all)
        : await runStudy({ plan, cells, output, dataRoot, logLevel }, io);
      if (list)
        return showList(
          cells,
          results.cells.map(({ run, seed }) => `${run.name} ${seed}`),
          io,
          json,
        );
      // The plotting library takes a while to load; only this command waits for it.
      const { saveStudy } = await import('./save-study.ts');
      const { page, figures } = await saveStudy(output, results);
      if (json) io.out(JSON.stringify({ folder: output, page, rows: results.rows }));
      else io.out(`\n${studyTable(results.rows)}\n\nPage     ${page}\nFigures  ${figures}`);
    });
}

function showList(cells: ReturnType<typeof plannedCells>, complete: readonly string[], io: CliIo, json: boolean): void {
  const listed = cells.map(({ name, seed }) => ({ row: name, seed, complete: complete.includes(`${name} ${seed}`) }));
  if (json) io.out(JSON.stringify(listed));
  else
    for (const { row, seed, complete: done } of listed)
      io.out(`${done ? 'complete' : 'open    '}  seed ${seed}  ${row}`);
}
