import { join, resolve } from 'node:path';
import type { PictureGroup } from '../../../services/report/page-pictures.ts';
import type { Cell } from '../../../services/report/study/cell.ts';
import { type StudyRow, studyRows } from '../../../services/report/study/study-rows.ts';
import type { CliIo } from '../cli-io.ts';
import { type ClusterClients, checkOwnCluster, startOwnCluster, useCluster } from '../cluster/own-cluster.ts';
import { projectVersion } from '../cluster/project-paths.ts';
import { lockStore } from '../cluster/store-lock.ts';
import { progressView } from '../progress/choose-view.ts';
import { workProgress } from '../progress/work-progress.ts';
import { CellStore, completeCells } from './cell-store.ts';
import { type PlannedCell, plannedCells } from './cells.ts';
import { fetchPictures } from './fetch-pictures.ts';
import type { StudyPlan } from './plan.ts';
import { runCell } from './run-cell.ts';

/** How a study is run. */
export interface StudyOptions {
  readonly plan: StudyPlan;
  /** The cells to make, a part of the plan's or all. */
  readonly cells: readonly PlannedCell[];
  /** Takes cells, streams and logs; an earlier study's goes on where it stopped. */
  readonly output: string;
  readonly dataRoot?: string | undefined;
  readonly logLevel: string;
}

/** What a study has found so far. */
export interface StudyResults {
  readonly cells: Cell[];
  readonly rows: StudyRow[];
  /** Examples that scorers kept most and least; empty where no services ran to ask for them. */
  readonly pictures: PictureGroup[];
}

/** The parts of a study's folder. */
export function studyFolders(output: string) {
  const root = resolve(output);
  return { root, cells: join(root, 'cells'), cluster: join(root, 'cluster'), logs: join(root, 'logs') };
}

/** The complete cells of a study's folder and their rows, in the plan's order. */
export function studyResults(output: string, planned: readonly PlannedCell[]): StudyResults {
  const order = new Map(planned.map(({ name }, i) => [name, i]));
  const place = ({ run }: Cell) => order.get(run.name) ?? order.size;
  const cells = completeCells(studyFolders(output).cells).sort((a, b) => place(a) - place(b) || a.seed - b.seed);
  return { cells, rows: studyRows(cells), pictures: [] };
}

/**
 * Runs the cells that are not complete yet, one after the other, on a cluster of its own. Killed at any moment, the same
 * call goes on: complete cells are kept, and evaluations go on within their attack; a run under way starts again.
 */
export async function runStudy(options: StudyOptions, io: CliIo): Promise<StudyResults> {
  const folders = studyFolders(options.output);
  const own = {
    output: folders.root,
    folder: folders.cluster,
    logs: folders.logs,
    dataRoot: options.dataRoot,
    dataset: options.plan.settings.dataset,
    keep: true,
    logLevel: options.logLevel,
  };
  const binary = await checkOwnCluster(own, io);
  const unlock = lockStore(folders.cluster);
  try {
    const cluster = await startOwnCluster(own, binary, io);
    const pictures = await useCluster(cluster, io, (clients, signal) => runCells(clients, options, io, signal));
    return { ...studyResults(options.output, options.cells), pictures };
  } finally {
    unlock();
  }
}

/** Makes the cells, then fetches the pictures of all that are complete. */
async function runCells(
  clients: ClusterClients,
  { plan, cells, output }: StudyOptions,
  io: CliIo,
  signal: AbortSignal,
): Promise<PictureGroup[]> {
  const view = progressView(io, Math.max(...cells.map(({ name }) => name.length)));
  const tools = {
    ...clients,
    view,
    store: new CellStore(studyFolders(output).cells),
    onEvaluation: workProgress(io),
    versions: { winnow: projectVersion(), node: process.version },
    signal,
  };
  try {
    for (const [i, planned] of cells.entries()) {
      view.note(`cell ${i + 1} of ${cells.length}: ${planned.name}, seed ${planned.seed}`);
      await runCell(planned, tools);
    }
    const note = (text: string) => view.note(text);
    return await fetchPictures(cells[0]!.spec.dataset!, cellsOf(plan, output), { ...tools, note });
  } finally {
    view.close();
  }
}

/** The complete cells of a plan, which are all of one data set; a folder may hold those of another plan too. */
function cellsOf(plan: StudyPlan, output: string): Cell[] {
  const planned = plannedCells(plan);
  const names = new Set(planned.map(({ name }) => name));
  return studyResults(output, planned).cells.filter(({ run }) => names.has(run.name));
}
