import { z } from 'zod';
import { type Run, RunState } from '../../../../proto/gen/winnow/v1/run_pb.ts';
import { NewPoints } from '../new-points.ts';
import { runParams } from '../run-params.ts';
import { milliseconds, runSeries } from '../run-series.ts';
import type { MlflowApi } from './mlflow-api.ts';
import { experimentId, mlflowRunOf } from './mlflow-run.ts';

/** Limits of one runs/log-batch (MLflow's REST reference). */
const MOST_METRICS = 1000;
const MOST_PARAMS = 100;
/** Longest value of a parameter on servers of every version. */
const MOST_CHARACTERS = 500;

const nothing = z.object({});

const STATUS: Readonly<Record<RunState, string>> = {
  [RunState.UNSPECIFIED]: 'SCHEDULED',
  [RunState.QUEUED]: 'SCHEDULED',
  [RunState.RUNNING]: 'RUNNING',
  [RunState.WAITING]: 'RUNNING',
  [RunState.SUCCEEDED]: 'FINISHED',
  [RunState.FAILED]: 'FAILED',
  [RunState.CANCELLED]: 'KILLED',
};

interface Target {
  readonly id: string;
  readonly points: NewPoints;
  readonly params: Set<string>;
}

/** Writes a run's settings and curves to an MLflow server. Writing again adds only what is not there yet. */
export class MlflowExport {
  readonly #api: MlflowApi;
  readonly #experiment: string;
  #target: Target | undefined;

  constructor(api: MlflowApi, experiment: string) {
    this.#api = api;
    this.#experiment = experiment;
  }

  /** Brings the MLflow run up to date; returns its id there. */
  async write(run: Run): Promise<string> {
    this.#target ??= await this.#open(run);
    const { id, points, params } = this.#target;
    const newParams = [...runParams(run)].filter(([key]) => !params.has(key));
    for (const some of chunks(newParams, MOST_PARAMS)) {
      await this.#log({ params: some.map(([key, value]) => ({ key, value: value.slice(0, MOST_CHARACTERS) })) });
    }
    for (const [key] of newParams) params.add(key);
    for (const some of chunks(points.take(runSeries(run)), MOST_METRICS)) {
      const metrics = some.map(({ name, step, value, timeMs }) => ({ key: name, value, step, timestamp: timeMs }));
      await this.#log({ metrics });
    }
    const end = run.endedAt && { end_time: milliseconds(run.endedAt) };
    await this.#api.post('runs/update', { run_id: id, status: STATUS[run.state], ...end }, nothing);
    return id;
  }

  async #open(run: Run): Promise<Target> {
    const { info, data } = await mlflowRunOf(this.#api, await experimentId(this.#api, this.#experiment), run);
    const points = new NewPoints(data.metrics.map(({ key, step, value }) => ({ name: key, step, value })));
    return { id: info.run_id, points, params: new Set(data.params.map(({ key }) => key)) };
  }

  #log(batch: object): Promise<unknown> {
    return this.#api.post('runs/log-batch', { run_id: this.#target!.id, ...batch }, nothing);
  }
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}
