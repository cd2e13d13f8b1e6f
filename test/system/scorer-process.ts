import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectPaths } from '../../clients/cli/cluster/project-paths.ts';

/** A scorer of the tests, as a process of its own. */
export interface ScorerProcess {
  /** host:port; stays the same when it is started again. */
  readonly address: string;
  /** Kills it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again after it has ended. */
  start(): Promise<void>;
  /** Makes it say that it is not ready, or ready again. */
  toggleReady(): void;
  /** Whether it has ended. */
  hasEnded(): boolean;
}

/** Starts test/system/fixtures/faulty-scorer.ts, compiled. */
export async function startFaultyScorer(output: 'scores' | 'set'): Promise<ScorerProcess> {
  const file = join(projectPaths().root, 'dist', 'test', 'system', 'fixtures', 'faulty-scorer.js');
  let child = run(file, output, '0');
  const address = await addressOf(child);
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    address,
    hasEnded,
    kill: async () => {
      if (hasEnded()) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
    start: async () => {
      child = run(file, output, address.split(':')[1]);
      await addressOf(child);
    },
    toggleReady: () => child.kill('SIGUSR2'),
  };
}

function run(file: string, output: string, port: string): ChildProcess {
  return spawn(process.execPath, [file, output, port], { stdio: ['pipe', 'pipe', 'inherit'] });
}

async function addressOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) return JSON.parse(line).address;
  throw new Error('the scorer ended before it said where it is');
}
