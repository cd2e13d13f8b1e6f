import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { CliError } from '../../../clients/cli/cli-error.ts';

/** How a contestant is started. */
export interface ContestantCommand {
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  readonly env: Readonly<NodeJS.ProcessEnv>;
}

/** Characters kept of what a contestant prints on standard error, for the message where it ends by itself. */
const KEPT_ERRORS = 2000;

/** A process that computes when it is told to and waits otherwise: one line of JSON in, one out. */
export class Contestant {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #gone: Promise<never>;
  #errors = '';

  constructor({ name, command, arguments: args, env }: ContestantCommand, signal: AbortSignal) {
    this.name = name;
    this.#child = spawn(command, [...args], { env, stdio: ['pipe', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL' });
    this.#child.stderr!.on('data', (text: Buffer) => {
      this.#errors = `${this.#errors}${text}`.slice(-KEPT_ERRORS);
    });
    // One that is gone makes the pipe fail; `gone` says so.
    this.#child.stdin!.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout! });
    this.#gone = new Promise((_, reject) => {
      this.#child.once('error', (error) => {
        reject(new CliError(signal.aborted ? `${name} was interrupted` : `${name} can't be started: ${error.message}`));
      });
      this.#child.once('close', (code, by) => reject(new CliError(this.#ending(by ?? `exit code ${code}`))));
    });
    this.#gone.catch(() => {});
  }

  /** Has one command done. CliError with the contestant's own words where it failed, or is gone. */
  async ask<Answer>(command: { readonly do: string } & Readonly<Record<string, unknown>>): Promise<Answer> {
    const answered = once(this.#lines, 'line');
    this.#child.stdin!.write(`${JSON.stringify(command)}\n`);
    const [line] = (await Promise.race([answered, this.#gone])) as [string];
    const answer = JSON.parse(line) as Answer & { error?: string };
    if (answer.error !== undefined) throw new CliError(`${this.name}: ${answer.error.trim()}`);
    return answer;
  }

  /** Milliseconds of one step whose attack has so many steps. */
  async step(steps: number): Promise<number> {
    return (await this.ask<{ ms: number }>({ do: 'step', steps })).ms;
  }

  /** Ends the process. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone.catch(() => {});
  }

  #ending(how: string): string {
    return `${this.name} ended unexpectedly (${how})${this.#errors === '' ? '' : `:\n${this.#errors.trim()}`}`;
  }
}
