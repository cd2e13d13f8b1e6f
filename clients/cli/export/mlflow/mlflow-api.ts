import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { isLoopback } from '../../../../services/platform/rpc/loopback.ts';
import { CliError } from '../../cli-error.ts';

/** How long one call may take. */
const CALL_TIMEOUT_MS = 30_000;
/** Waits before a call is tried again where the server is away, overloaded or failing. */
const RETRY_AFTER_MS = [500, 1_000, 2_000, 4_000];

const failure = z.object({ error_code: z.string().catch(''), message: z.string().catch('') });

/** An answer that says no. */
export class MlflowError extends CliError {
  /** MLflow's name of the error, for example RESOURCE_DOES_NOT_EXIST; empty where it gave none. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** MLflow's tracking API over REST (2.0), where it is and with whose token. */
export class MlflowApi {
  readonly #base: string;
  readonly #token: string | undefined;
  readonly #signal: AbortSignal;

  constructor(url: string, token: string | undefined, signal: AbortSignal) {
    this.#base = `${checkedUrl(url, token)}/api/2.0/mlflow/`;
    this.#token = token;
    this.#signal = signal;
  }

  /** Reads something; MlflowError where the server says no. */
  get<T>(path: string, query: Readonly<Record<string, string>>, answer: z.ZodType<T>): Promise<T> {
    return this.#call(`${path}?${new URLSearchParams(query)}`, { method: 'GET' }, answer);
  }

  /** Writes or searches something; MlflowError where the server says no. */
  post<T>(path: string, body: object, answer: z.ZodType<T>): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    return this.#call(path, { method: 'POST', headers, body: JSON.stringify(body) }, answer);
  }

  async #call<T>(path: string, init: RequestInit & { headers?: Record<string, string> }, answer: z.ZodType<T>) {
    const authorization = this.#token ? { authorization: `Bearer ${this.#token}` } : {};
    const headers = { ...init.headers, ...authorization };
    const response = await this.#fetch(this.#base + path, { ...init, headers });
    const text = await response.text();
    if (!response.ok) throw refusal(response.status, path, text);
    const parsed = answer.safeParse(parse(text));
    if (!parsed.success) throw new CliError(`${this.#base} does not answer as MLflow does; check the --mlflow address`);
    return parsed.data;
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    for (let attempt = 0; ; attempt++) {
      const wait = RETRY_AFTER_MS[attempt];
      try {
        const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
        const response = await fetch(url, { ...init, signal, redirect: 'error' });
        if (wait === undefined || (response.status !== 429 && response.status < 500)) return response;
        await response.body?.cancel();
      } catch (error) {
        this.#signal.throwIfAborted();
        if (wait === undefined) throw new CliError(`${this.#base} can't be reached: ${causeOf(error)}; check --mlflow`);
      }
      await sleep(wait, undefined, { signal: this.#signal });
    }
  }
}

function checkedUrl(text: string, token: string | undefined): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CliError(`--mlflow: '${text}' is no http address; give one like http://localhost:5000`);
  }
  if (url.username || url.password) {
    throw new CliError('--mlflow: leave credentials out of the address; set MLFLOW_TRACKING_TOKEN');
  }
  if (token && url.protocol === 'http:' && !isLoopback(`${url.hostname}:${url.port || 80}`)) {
    throw new CliError(`--mlflow: ${url.origin} would get MLFLOW_TRACKING_TOKEN unencrypted; give an https address`);
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}

function refusal(status: number, path: string, text: string): MlflowError {
  const { error_code: code, message } = failure.catch({ error_code: '', message: '' }).parse(parse(text));
  const remedy = status === 401 || status === 403 ? '; set MLFLOW_TRACKING_TOKEN' : '';
  const [name] = path.split('?');
  return new MlflowError(
    code,
    `MLflow refused ${name} (${status}${code && ` ${code}`}): ${message || 'no reason'}${remedy}`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function causeOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error && cause.message ? cause.message : message;
}
