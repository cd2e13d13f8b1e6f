import { join } from 'node:path';
import { RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { comparisonTable } from '../../../services/report/comparison-table.ts';
import type { Summary } from '../../../services/report/summary-schema.ts';
import { connectScoring } from '../../node/scoring-client.ts';
import { connectTraining } from '../../node/training-client.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { dataRoot } from '../cluster/data-root.ts';
import { projectPaths } from '../cluster/project-paths.ts';
import { datasetPresent, freeDisk, freePort, servicesReady, writableFolder } from '../preflight/checks.ts';
import { natsBinary } from '../preflight/nats-binary.ts';
import { runChecks } from '../preflight/run-checks.ts';
import { progressView } from '../progress/choose-view.ts';
import { compareRuns, type FinishedRun } from './compare-runs.ts';
import { type OutputFolder, outputFolder, tidyOutput } from './output-folder.ts';
import { type DemoPlan, plannedRuns, planText } from './plan.ts';
import { saveResults } from './save-results.ts';

/** A free port that nobody else needs to know. */
const ANY_PORT = '127.0.0.1:0';

/** Compares pruned with full training on a cluster of its own, and leaves a folder with report, index sets, models and logs. */
export async function runDemo(plan: DemoPlan, io: CliIo): Promise<void> {
  const folder = outputFolder(plan.output);
  try {
    const binary = await checkAll(plan, folder, io);
    io.err(`\n${planText(plan)}\n\nStarting nats-server, scoring and training ..`);
    const cluster = await startCluster(
      {
        servicesFolder: projectPaths().services,
        natsBinary: binary,
        natsFolder: join(folder.cluster, 'nats'),
        removeNatsFolder: !plan.keep,
        logFolder: folder.logs,
        dataRoot: dataRoot(plan.dataRoot, folder.cluster),
        logLevel: plan.logLevel,
        listen: { scoring: ANY_PORT, training: ANY_PORT },
      },
      io.signal,
    );
    await compareOn(cluster, plan, folder, io);
  } finally {
    if (io.signal.aborted) io.err(`Interrupted: runs cancelled, processes stopped; logs are in ${folder.logs}`);
    if (!plan.keep) tidyOutput(folder);
  }
}

async function checkAll(plan: DemoPlan, folder: OutputFolder, io: CliIo): Promise<string> {
  const nats = natsBinary(io);
  io.err('Checking:');
  const writable = writableFolder('output', folder.root, '--output');
  await runChecks(
    [
      writable,
      freeDisk(folder.root, '--output'),
      // The data root is made inside the output folder, which the first check has made.
      {
        label: 'data set',
        find: () => datasetPresent(dataRoot(plan.dataRoot, folder.cluster), plan.settings.dataset).find(),
      },
      servicesReady(),
      nats,
      freePort('ports', ANY_PORT, 'another loopback configuration'),
    ],
    io,
  );
  return nats.path();
}

async function compareOn(cluster: Cluster, plan: DemoPlan, folder: OutputFolder, io: CliIo): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([io.signal, failed.signal]);
  const specs = plannedRuns(plan);
  const view = progressView(io, Math.max(...specs.map(({ name }) => name.length)));
  const clients = {
    training: connectTraining(cluster.trainingAddress),
    scoring: connectScoring(cluster.scoringAddress),
  };
  const work = (async () => {
    const finished = await compareRuns(specs, clients, view, signal);
    view.close();
    return { finished, ...(await saveResults(folder.root, finished, clients.training, signal)) };
  })();
  try {
    const results = await Promise.race([work, cluster.failed]);
    present(results, plan, folder, io);
  } finally {
    failed.abort();
    await work.catch(() => {});
    view.close();
    clients.training.close();
    clients.scoring.close();
    await cluster.stop();
  }
}

function present(
  { finished, summary, models }: { finished: readonly FinishedRun[]; summary: Summary; models: readonly string[] },
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
