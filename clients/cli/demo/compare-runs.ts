import type { IndexSet } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { type Run, type RunSpec, RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import type { ScoringClient } from '../../node/scoring-client.ts';
import { CliError } from '../cli-error.ts';
import type { ClusterClients } from '../cluster/own-cluster.ts';
import { stateWord } from '../output/words.ts';
import type { ProgressView } from '../progress/progress-view.ts';
import { watchRun } from '../progress/watch-run.ts';

// A service that is being stopped gets this long to take note that its runs are cancelled.
const CANCEL_TIMEOUT_MS = 3_000;

/** A run as it ended, with the sets it trained on. */
export interface FinishedRun {
  readonly run: Run;
  readonly indexSets: IndexSet[];
}

/**
 * Creates all runs, so that a wrong request fails before anything long, then follows them one after the other to their
 * end. When interrupted, or when anything fails, the runs are cancelled.
 */
export async function compareRuns(
  specs: readonly RunSpec[],
  clients: ClusterClients,
  view: ProgressView,
  signal: AbortSignal,
): Promise<FinishedRun[]> {
  await requireScorers(specs, clients.scoring, signal);
  const runs: Run[] = [];
  try {
    for (const spec of specs) runs.push(await clients.training.createRun(spec, { signal }));
    const finished: FinishedRun[] = [];
    for (const run of runs) finished.push(await follow(run, clients, view, signal));
    return finished;
  } catch (error) {
    const options = { timeoutMs: CANCEL_TIMEOUT_MS };
    await Promise.allSettled(runs.map(({ id }) => clients.training.cancelRun(id, options)));
    throw error;
  }
}

async function requireScorers(specs: readonly RunSpec[], scoring: ScoringClient, signal: AbortSignal): Promise<void> {
  const known = new Set((await scoring.listScorers({ signal })).map(({ name }) => name));
  const wanted = specs.flatMap(({ selection }) => (selection === undefined ? [] : [selection.scorer]));
  const unknown = wanted.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new CliError(`no scorer is called "${unknown}"; choose with --scorers from ${[...known].join(', ')}`);
  }
}

async function follow(
  run: Run,
  { training, scoring }: ClusterClients,
  view: ProgressView,
  signal: AbortSignal,
): Promise<FinishedRun> {
  const ended = await watchRun(training, run, view, signal);
  if (ended.state !== RunState.SUCCEEDED) {
    const why = ended.failure === undefined ? '' : `: ${ended.failure.message}`;
    view.note(`${ended.spec?.name} ${stateWord(ended.state)}${why}`);
  }
  const indexSets: IndexSet[] = [];
  for (const { round } of ended.rounds) indexSets.push(await scoring.getIndexSet(ended.id, round, { signal }));
  return { run: ended, indexSets };
}
