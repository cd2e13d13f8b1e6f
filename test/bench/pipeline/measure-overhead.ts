import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunSettings } from '../../../clients/cli/args/run-settings.ts';
import { runSpec } from '../../../clients/cli/args/run-spec.ts';
import { CliError } from '../../../clients/cli/cli-error.ts';
import type { CliIo } from '../../../clients/cli/cli-io.ts';
import { checkOwnCluster, startOwnCluster, useCluster } from '../../../clients/cli/cluster/own-cluster.ts';
import { fullSize } from '../../../clients/cli/demo-defaults.ts';
import { progressView } from '../../../clients/cli/progress/choose-view.ts';
import { watchRun } from '../../../clients/cli/progress/watch-run.ts';
import { RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { type OverheadLine, overheadLine } from './pipeline-line.ts';

/** A run's sizes that its caller decides. */
export interface OverheadSizes {
  readonly trainExamples: number;
  readonly epochs: number;
}

/** R of the targets. */
const EVERY_EPOCHS = 10;
const SCORER = 'adv-grad-match';

/** TRADES on MNIST as published, with 10 attack steps; evaluated once, at the end, as that is no part of the figures. */
function settingsOf({ trainExamples, epochs }: OverheadSizes): RunSettings {
  return {
    ...fullSize,
    trainExamples,
    testExamples: 500,
    steps: 10,
    stepSize: 0.06,
    epochs,
    selectEvery: EVERY_EPOCHS,
    evalExamples: 250,
    evalEvery: epochs,
  };
}

/** Trains a pruned run through both services, and reads where its time went. */
export async function measureOverhead(sizes: OverheadSizes, io: CliIo): Promise<OverheadLine> {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-bench-pipeline-'));
  const own = {
    output: folder,
    folder: join(folder, 'cluster'),
    logs: join(folder, 'logs'),
    dataset: 'mnist',
    keep: false,
    logLevel: 'info',
  };
  const view = progressView(io);
  try {
    const binary = await checkOwnCluster(own, io);
    const cluster = await startOwnCluster(own, binary, io);
    return await useCluster(cluster, io, async ({ training }, signal) => {
      const spec = runSpec(settingsOf(sizes), { name: 'pipeline', seed: 1, scorer: SCORER });
      const run = await watchRun(training, await training.createRun(spec, { signal }), view, signal);
      if (run.state !== RunState.SUCCEEDED) throw new CliError(`the run didn't succeed: ${run.failure?.message ?? ''}`);
      return overheadLine(run);
    });
  } finally {
    view.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
