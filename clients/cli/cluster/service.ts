import { join } from 'node:path';
import { CliError } from '../cli-error.ts';
import { type ManagedChild, startChild } from './managed-child.ts';
import { serviceEnvironment } from './process-env.ts';

// Loading TensorFlow and its CUDA libraries from a cold disk can take half a minute.
const READY_TIMEOUT_MS = 120_000;

/** How a service process is started. */
export interface ServiceOptions {
  readonly name: 'scoring' | 'training';
  /** Folder of the compiled services. */
  readonly servicesFolder: string;
  /** Address to listen on; port 0 for a free one. */
  readonly listen: string;
  readonly natsUrl: string;
  readonly dataRoot: string;
  readonly logLevel: string;
  readonly logFile: string;
}

/** A service process; `address` resolves once it answers calls. */
export interface LocalService {
  readonly child: ManagedChild;
  readonly address: Promise<string>;
}

/** Settings of scorer services, which the scoring service takes from the command's own environment. */
function scorerSettings(): Record<string, string> {
  const keys = ['WINNOW_SCORERS', 'WINNOW_SCORER_HOSTS', 'WINNOW_SCORER_TIMEOUT'];
  return Object.fromEntries(keys.flatMap((key) => (process.env[key] ? [[key, process.env[key]]] : [])));
}

/** Starts the scoring or the training service as a process of its own. */
export function startService(options: ServiceOptions): LocalService {
  const services = options.servicesFolder;
  const child = startChild({
    name: options.name,
    command: process.execPath,
    arguments: [
      '--import',
      join(services, 'platform', 'telemetry', 'preload.js'),
      join(services, options.name, 'main.js'),
    ],
    env: serviceEnvironment({
      WINNOW_LISTEN: options.listen,
      WINNOW_NATS_URL: options.natsUrl,
      WINNOW_DATA_ROOT: options.dataRoot,
      WINNOW_LOG_LEVEL: options.logLevel,
      ...(options.name === 'scoring' && scorerSettings()),
      WINNOW_EXIT_WITH_PARENT: '1',
      OTEL_SERVICE_NAME: `winnow-${options.name}`,
    }),
    logFile: options.logFile,
    readyLine: true,
  });
  return { child, address: child.firstLine(READY_TIMEOUT_MS).then((line) => readyAddress(options.name, line)) };
}

/** The address in the line a service prints once it is ready: {"service":"scoring","address":"127.0.0.1:41234"}. */
export function readyAddress(name: string, line: string): string {
  try {
    const { address } = JSON.parse(line) as { address?: unknown };
    if (typeof address === 'string') return address;
  } catch {
    // Reported below.
  }
  throw new CliError(`${name} printed an unexpected line instead of its address: ${line.slice(0, 200)}`);
}
