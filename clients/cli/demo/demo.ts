import { join } from 'node:path';
import { RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { comparisonTable } from '../../../services/report/comparison-table.ts';
import type { Summary } from '../../../services/report/summary-schema.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { type ClusterClients, checkOwnCluster, startOwnCluster, useCluster } from '../cluster/own-cluster.ts';
import { progressView } from '../progress/choose-view.ts';
import { compareRuns, type FinishedRun } from './compare-runs.ts';
import { type OutputFolder, outputFolder, tidyOutput } from './output-folder.ts';
import { type DemoPlan, plannedRuns, planText } from './plan.ts';
import { saveResults } from './save-results.ts';

/** Compares pruned with full training on a cluster of its own, and leaves a folder with report, index sets, models and logs. */
export async function runDemo(plan: DemoPlan, io: CliIo): Promise<void> {
  const folder = outputFolder(plan.output);
  const own = {
    output: folder.root,
    folder: folder.cluster,
    logs: folder.logs,
    dataRoot: plan.dataRoot,
    dataset: plan.settings.dataset,
    keep: plan.keep,
    logLevel: plan.logLevel,
  };
  try {
    const binary = await checkOwnCluster(own, io);
    io.err(`\n${planText(plan)}\n\nStarting nats-server, scoring and training ..`);
    const cluster = await startOwnCluster(own, binary, io);
    const results = await useCluster(cluster, io, (clients, signal) => compare(plan, folder, clients, io, signal));
    present(results, plan, folder, io);
  } finally {
    if (io.signal.aborted) io.err(`Interrupted: runs cancelled, processes stopped; logs are in ${folder.logs}`);
    if (!plan.keep) tidyOutput(folder);
  }
}

async function compare(
  plan: DemoPlan,
  folder: OutputFolder,
  clients: ClusterClients,
  io: CliIo,
  signal: AbortSignal,
): Promise<DemoResults> {
  const specs = plannedRuns(plan);
  const view = progressView(io, Math.max(...specs.map(({ name }) => name.length)));
  try {
    const finished = await compareRuns(specs, clients, view, signal);
    return { finished, ...(await saveResults(folder.root, finished, clients.training, signal)) };
  } finally {
    view.close();
  }
}

interface DemoResults {
  readonly finished: readonly FinishedRun[];
  readonly summary: Summary;
  readonly models: readonly string[];
}

function present(
  { finished, summary, models }: DemoResults,
  plan: DemoPlan,
  { root, logs }: OutputFolder,
  io: CliIo,
): void {
  if (plan.json) io.out(JSON.stringify({ folder: root, summary, models }));
  else {
    io.out(`\n${comparisonTable(summary, { width: io.columns, colour: io.colour })}\n`);
    io.out(`Models   ${models.map((name) => join(root, name)).join('\n         ')}`);
    io.out(`Logs     ${logs}`);
    io.out(`Figures  ${join(root, 'summary.json')}`);
    io.out(`Report   ${join(root, 'report.html')}`);
  }
  const unfinished = finished.filter(({ run }) => run.state !== RunState.SUCCEEDED).length;
  if (unfinished > 0)
    throw new CliError(`${unfinished} of ${finished.length} runs didn't succeed; see ${join(logs, 'training.log')}`);
}
