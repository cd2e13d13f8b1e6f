import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Cell } from '../../../services/report/study/cell.ts';
import { type StudyRow, studyRows } from '../../../services/report/study/study-rows.ts';
import { connectScoring } from '../../node/scoring-client.ts';
import { connectTraining } from '../../node/training-client.ts';
import type { CliIo } from '../cli-io.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { dataRoot } from '../cluster/data-root.ts';
import { projectPaths, projectVersion } from '../cluster/project-paths.ts';
import { lockStore } from '../cluster/store-lock.ts';
import { datasetPresent, freeDisk, freePort, servicesReady, writableFolder } from '../preflight/checks.ts';
import { natsBinary } from '../preflight/nats-binary.ts';
import { runChecks } from '../preflight/run-checks.ts';
import { progressView } from '../progress/choose-view.ts';
import { workProgress } from '../progress/work-progress.ts';
import { CellStore, completeCells } from './cell-store.ts';
import type { PlannedCell } from './cells.ts';
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
}

/** A free port that nobody else needs to know. */
const ANY_PORT = '127.0.0.1:0';

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
  return { cells, rows: studyRows(cells) };
}

/**
 * Runs the cells that are not complete yet, one after the other, on a cluster of its own. Killed at any moment, the same
 * call goes on: complete cells are kept, and evaluations go on within their attack; a run under way starts again.
 */
export async function runStudy(options: StudyOptions, io: CliIo): Promise<StudyResults> {
  const folders = studyFolders(options.output);
  const nats = natsBinary(io);
  const root = dataRoot(options.dataRoot, folders.cluster);
  io.err('Checking:');
  await runChecks(
    [
      writableFolder('output', folders.root, '--output'),
      freeDisk(folders.root, '--output'),
      datasetPresent(root, options.plan.settings.dataset),
      servicesReady(),
      nats,
      freePort('ports', ANY_PORT, 'another loopback configuration'),
    ],
    io,
  );
  const unlock = lockStore(folders.cluster);
  try {
    const cluster = await startCluster(
      {
        servicesFolder: projectPaths().services,
        natsBinary: nats.path(),
        natsFolder: join(folders.cluster, 'nats'),
        removeNatsFolder: false,
        logFolder: folders.logs,
        dataRoot: root,
        logLevel: options.logLevel,
        listen: { scoring: ANY_PORT, training: ANY_PORT },
      },
      io.signal,
    );
    await runCells(cluster, options, io);
  } finally {
    unlock();
  }
  return studyResults(options.output, options.cells);
}

async function runCells(cluster: Cluster, { plan, cells, output }: StudyOptions, io: CliIo): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([io.signal, failed.signal]);
  const view = progressView(io, Math.max(...cells.map(({ name }) => name.length)));
  const training = connectTraining(cluster.trainingAddress);
  const scoring = connectScoring(cluster.scoringAddress);
  const tools = {
    training,
    scoring,
    view,
    store: new CellStore(studyFolders(output).cells),
    onEvaluation: workProgress(io),
    versions: { winnow: projectVersion(), node: process.version },
    signal,
  };
  const work = (async () => {
    for (const [i, planned] of cells.entries()) {
      view.note(`cell ${i + 1} of ${cells.length}: ${planned.name}, seed ${planned.seed}`);
      await runCell(planned, plan, tools);
    }
  })();
  try {
    await Promise.race([work, cluster.failed]);
  } finally {
    failed.abort();
    await work.catch(() => {});
    view.close();
    training.close();
    scoring.close();
    await cluster.stop();
  }
}

/** Writes a study's rows and cells for other programs to read. */
export function saveStudy(output: string, { cells, rows }: StudyResults): string {
  const path = join(studyFolders(output).root, 'study.json');
  writeFileSync(path, `${JSON.stringify({ rows, cells }, null, 1)}\n`);
  return path;
}
