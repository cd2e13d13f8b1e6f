import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';

interface Entry {
  readonly key: string;
  readonly value: string;
}

interface Metric {
  readonly key: string;
  readonly value: number;
  readonly step: number;
  readonly timestamp: number;
}

/** A run as the server keeps it. */
export interface KeptRun {
  readonly id: string;
  readonly experiment: string;
  readonly tags: Entry[];
  readonly params: Entry[];
  readonly metrics: Metric[];
  name?: string;
  status?: string;
  startTime?: number;
  endTime?: number;
}

/** A request as it came. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Record<string, unknown>;
}

/** How the server is to misbehave. */
export interface Faults {
  /** Requests that are answered with 503 before others are answered. */
  refuseFirst?: number;
  /** Experiments of this name are there, and deleted. */
  deleted?: string;
  /** The bearer token that it wants. */
  token?: string;
}

type Answer = [status: number, body: object];

/** Writes what MLflow's REST reference says of each call, limits included; holds runs in memory. Ends with the test. */
export async function fakeMlflow(faults: Faults = {}) {
  const requests: SeenRequest[] = [];
  const runs: KeptRun[] = [];
  const experiments = new Map<string, string>();
  let refusals = faults.refuseFirst ?? 0;

  const answer = (path: string, query: URLSearchParams, body: Record<string, never>): Answer => {
    const run = runs.find(({ id }) => id === body.run_id);
    switch (path) {
      case 'experiments/get-by-name': {
        const name = query.get('experiment_name')!;
        if (name === faults.deleted) return [200, { experiment: { experiment_id: '9', lifecycle_stage: 'deleted' } }];
        const id = experiments.get(name);
        return id ? [200, { experiment: { experiment_id: id, name, lifecycle_stage: 'active' } }] : missing(name);
      }
      case 'experiments/create':
        experiments.set(body.name, `${experiments.size + 1}`);
        return [200, { experiment_id: experiments.get(body.name) }];
      case 'runs/search': {
        const [, key, value] = /^tags\."(.+)" = '(.+)'$/.exec(body.filter)!;
        const found = runs.filter(
          ({ tags, experiment }) =>
            (body.experiment_ids as string[]).includes(experiment) &&
            tags.some((t) => t.key === key && t.value === value),
        );
        return [200, found.length ? { runs: found.map(shown) } : {}];
      }
      case 'runs/create': {
        const { experiment_id: experiment, run_name: name, start_time: startTime, tags } = body;
        const made: KeptRun = { id: `m${runs.length}`, experiment, name, startTime, tags, params: [], metrics: [] };
        runs.push(made);
        return [200, { run: shown(made) }];
      }
      case 'runs/log-batch': {
        const { metrics = [], params = [] } = body as { metrics?: Metric[]; params?: Entry[] };
        if (!run) return missing('run');
        if (metrics.length > 1000 || params.length > 100) return [400, { error_code: 'INVALID_PARAMETER_VALUE' }];
        run.metrics.push(...metrics);
        run.params.push(...params);
        return [200, {}];
      }
      case 'runs/update':
        if (!run) return missing('run');
        run.status = body.status;
        if (body.end_time) run.endTime = body.end_time;
        return [200, { run_info: {} }];
      default:
        return [404, { error_code: 'ENDPOINT_NOT_FOUND', message: path }];
    }
  };

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
    const body = await bodyOf(request);
    const { authorization } = request.headers;
    requests.push({ method: request.method!, path: pathname, authorization, body });
    const reply = (): Answer => {
      if (refusals-- > 0) return [503, {}];
      if (faults.token && authorization !== `Bearer ${faults.token}`) return [401, { message: 'who are you' }];
      return answer(pathname.replace('/api/2.0/mlflow/', ''), searchParams, body);
    };
    const [status, content] = reply();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, requests, runs };
}

function missing(what: string): Answer {
  return [404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: `no ${what}` }];
}

/** As MLflow answers: the newest value of each metric. */
function shown({ id, params, metrics, tags }: KeptRun) {
  const latest = new Map<string, Metric>();
  for (const metric of metrics) if (metric.step >= (latest.get(metric.key)?.step ?? 0)) latest.set(metric.key, metric);
  return { info: { run_id: id }, data: { params, metrics: [...latest.values()], tags } };
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, never>> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text ? JSON.parse(text) : {};
}
