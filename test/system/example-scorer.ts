import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** An example scorer as a process of its own. */
export interface ExampleScorer {
  readonly address: string;
  /** Asks it to end; resolves to its exit code, null where it died of the signal. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts a command that says in one line of JSON where it listens; it is killed when the test ends. */
export async function startExample(command: string, args: readonly string[]): Promise<ExampleScorer> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close');
  const early = closed.then(([code]) => Promise.reject(new Error(`${command} ended with ${code} before it listened`)));
  // Once it has listened, nobody waits for this any more.
  early.catch(() => undefined);
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), early]);
  const { address } = JSON.parse(line as string) as { address: string };
  return {
    address,
    end: async (signal) => {
      child.kill(signal);
      const [code] = await closed;
      return code as number | null;
    },
  };
}
