import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunState } from '../../../proto/gen/winnow/v1/run_pb.ts';
import type { Summary } from '../../../services/report/summary-schema.ts';
import { writeReport } from '../../../services/report/write-report.ts';
import type { TrainingClient } from '../../node/training-client.ts';
import { projectVersion } from '../cluster/project-paths.ts';
import type { FinishedRun } from './compare-runs.ts';

/** Writes the report and every finished model into a folder; returns the summary and the models' file names. */
export async function saveResults(
  folder: string,
  finished: readonly FinishedRun[],
  training: TrainingClient,
  signal: AbortSignal,
): Promise<{ summary: Summary; models: string[] }> {
  const versions = { winnow: projectVersion(), node: process.version };
  const { summary } = await writeReport(folder, finished, { versions });
  const models: string[] = [];
  for (const [i, { run }] of finished.entries()) {
    if (run.state !== RunState.SUCCEEDED) continue;
    const name = `${summary.runs[i]!.fileStem}.safetensors`;
    writeFileSync(join(folder, name), await training.downloadModel(run.id, { signal }));
    models.push(name);
  }
  return { summary, models };
}
