import { z } from 'zod';
import type { Run } from '../../../../proto/gen/winnow/v1/run_pb.ts';
import { CliError } from '../../cli-error.ts';
import { milliseconds } from '../run-series.ts';
import { type MlflowApi, MlflowError } from './mlflow-api.ts';

/** The tag that a run of ours is found by. */
const RUN_TAG = 'winnow.run_id';

const entry = z.object({ key: z.string(), value: z.string() });
// MLflow writes 64-bit numbers as numbers or as texts, and numbers that are not finite as texts.
const metric = z.object({ key: z.string(), value: z.coerce.number(), step: z.coerce.number().default(0) });
const run = z.object({
  info: z.object({ run_id: z.string() }),
  data: z.object({ metrics: z.array(metric).default([]), params: z.array(entry).default([]) }).prefault({}),
});
const experiment = z.object({ experiment_id: z.string(), lifecycle_stage: z.string().default('active') });

/** A run on the MLflow server, with the ends of its curves and its parameters. */
export type MlflowRun = z.infer<typeof run>;

/** The id of an experiment, which is made where there is none of that name. */
export async function experimentId(api: MlflowApi, name: string): Promise<string> {
  const found = (await find(api, name)) ?? (await make(api, name));
  if (found.lifecycle_stage === 'active') return found.experiment_id;
  throw new CliError(`MLflow's experiment '${name}' is deleted; restore it there, or give another --experiment`);
}

async function find(api: MlflowApi, name: string) {
  try {
    const answer = z.object({ experiment });
    return (await api.get('experiments/get-by-name', { experiment_name: name }, answer)).experiment;
  } catch (error) {
    if (error instanceof MlflowError && error.code === 'RESOURCE_DOES_NOT_EXIST') return undefined;
    throw error;
  }
}

async function make(api: MlflowApi, name: string): Promise<z.infer<typeof experiment>> {
  try {
    const { experiment_id } = await api.post('experiments/create', { name }, z.object({ experiment_id: z.string() }));
    return { experiment_id, lifecycle_stage: 'active' };
  } catch (error) {
    // somebody else has made it since
    const found = error instanceof MlflowError && error.code === 'RESOURCE_ALREADY_EXISTS' && (await find(api, name));
    if (found) return found;
    throw error;
  }
}

/** The MLflow run that stands for a run: the one with its tag in the experiment, made where there is none. */
export async function mlflowRunOf(api: MlflowApi, experimentId: string, of: Run): Promise<MlflowRun> {
  const search = { experiment_ids: [experimentId], filter: `tags."${RUN_TAG}" = '${of.id}'`, max_results: 1 };
  const { runs } = await api.post('runs/search', search, z.object({ runs: z.array(run).default([]) }));
  if (runs.length > 0) return runs[0];
  const request = {
    experiment_id: experimentId,
    run_name: of.spec?.name || of.id,
    start_time: milliseconds(of.startedAt ?? of.createdAt),
    tags: [{ key: RUN_TAG, value: of.id }],
  };
  return (await api.post('runs/create', request, z.object({ run }))).run;
}
