import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { CliError } from '../../clients/cli/cli-error.ts';
import type { CliIo } from '../../clients/cli/cli-io.ts';
import { projectPaths } from '../../clients/cli/cluster/project-paths.ts';
import { type PlannedCell, plannedCells } from '../../clients/cli/study/cells.ts';
import { readPlan, type StudyPlan } from '../../clients/cli/study/plan.ts';
import { runStudy, type StudyResults, studyResults } from '../../clients/cli/study/run-study.ts';
import { isBaseline } from '../../services/report/study/row-key.ts';
import type { StudyRow } from '../../services/report/study/study-rows.ts';
import { studyTable } from '../../services/report/study/study-table.ts';

const BENCH = join(projectPaths().root, 'test', 'bench');
/** In the order they are run. */
const PLANS = ['cifar10', 'cifar100'];

/** Folder of the committed results. */
export const STUDY_RESULTS = join(BENCH, 'results', 'study');

interface Planned {
  readonly plan: StudyPlan;
  readonly cells: PlannedCell[];
}

/** The study's plans with their cells. */
export function plans(): Planned[] {
  return PLANS.map((name) => {
    const plan = readPlan(join(BENCH, 'study', `${name}.json`));
    return { plan, cells: plannedCells(plan) };
  });
}

/** The committed rows and cells, in the study's order. */
export function committedStudy(): StudyResults {
  return studyResults(
    STUDY_RESULTS,
    plans().flatMap(({ cells }) => cells),
  );
}

/** A row as one line of JSON: accuracies in [0,1], means over the seeds; `spread` holds their standard deviations. */
export function jsonLine(row: StudyRow): string {
  const { dataset, objective, scorer, fraction, bullet, seeds } = row;
  const means = (
    ['clean', 'pgd', 'autoAttack', 'seconds', 'passes', 'speedup', 'speedupPasses', 'lastPgd'] as const
  ).map((name) => [name.toLowerCase() === 'autoattack' ? 'autoattack' : name, row[name].mean]);
  const spread = {
    clean: row.clean.spread,
    pgd: row.pgd.spread,
    seconds: row.seconds.spread,
    speedup: row.speedup.spread,
  };
  return JSON.stringify({
    bench: 'study',
    row: row.name,
    dataset,
    objective,
    scorer,
    fraction,
    epochsShare: row.epochsShare,
    bullet,
    seeds,
    ...Object.fromEntries(means),
    pgdDifference: row.pgdDifference.mean,
    spread,
  });
}

/** The cells of one row, after those of the full data they are compared with; all cells for 'all'. */
function cellsOf({ cells }: Planned, row: string): PlannedCell[] {
  if (row === 'all') return cells;
  const wanted = cells.filter(({ name }) => name === row);
  const objective = wanted[0]?.row.objective;
  const baseline = cells.filter(
    (cell) => isBaseline(cell.row) && cell.row.objective === objective && cell.name !== row,
  );
  return wanted.length === 0 ? [] : [...baseline, ...wanted];
}

async function recompute(row: string, output: string, dataRoot: string, io: CliIo): Promise<StudyRow[]> {
  const chosen = plans()
    .map((planned) => ({ ...planned, cells: cellsOf(planned, row) }))
    .filter(({ cells }) => cells.length > 0);
  if (chosen.length === 0) {
    const names = new Set(plans().flatMap(({ cells }) => cells.map(({ name }) => name)));
    throw new CliError(`no row is called "${row}"; there are:\n${[...names].join('\n')}\nand "all"`);
  }
  for (const { plan, cells } of chosen) await runStudy({ plan, cells, output, dataRoot, logLevel: 'info' }, io);
  return studyResults(
    output,
    chosen.flatMap(({ cells }) => cells),
  ).rows;
}

/** `bench study`: the committed study, or any of its rows made again. */
export function studyBench(io: CliIo) {
  return new Command('study')
    .description('full, random, Adv-GRAD-MATCH and Adv-GLISTER with AT, TRADES and MART on CIFAR-10 and CIFAR-100')
    .option('--json', 'one line of JSON per row')
    .option('--readme', 'put the committed table, its plots and its result into the README')
    .option('--run <row>', 'make a row again, and the full run it is compared with; "all" for the whole study')
    .option('--output <folder>', 'folder of what --run makes; the same folder goes on', '.winnow/study')
    .option('--data-root <folder>', 'folder with the folders cifar10 and cifar100', 'data')
    .action(async ({ json, readme, run, output, dataRoot }) => {
      if (readme) {
        // The plotting library takes a while to load; only this waits for it.
        const { updateReadme } = await import('./study-readme.ts');
        await updateReadme(committedStudy());
      }
      const rows = run === undefined ? committedStudy().rows : await recompute(run, output, dataRoot, io);
      if (json) for (const row of rows) io.out(jsonLine(row));
      else io.out(studyTable(rows));
    });
}
