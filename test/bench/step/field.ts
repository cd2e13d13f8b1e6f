import { CliError } from '../../../clients/cli/cli-error.ts';
import type { CliIo } from '../../../clients/cli/cli-io.ts';
import { ATTACK_STEPS, isPrecision, type PeerName, type PrecisionName, type StepCase } from './cases.ts';
import type { Contestant } from './contestant.ts';
import { ourContestant, peerContestant, threadsOf, torchPython } from './contestants.ts';
import type { StepProfile } from './step-profile.ts';

/** Enough attack steps to have everything compiled, allocated and cached before the clock runs. */
const WARM_UP_STEPS = 2;

/** One of those that a case is measured with: our side in a precision, or a peer. */
export type ContestantName = PrecisionName | PeerName;

/** The processes of a run of the bench, each started when it is first needed and kept. */
export class Field {
  readonly #io: CliIo;
  readonly #started = new Map<ContestantName, Contestant>();
  #python: Promise<string> | undefined;

  constructor(io: CliIo) {
    this.#io = io;
  }

  /** Gets a contestant ready for a case. False, with a line that says why, where a peer can't do it. */
  async prepare(name: ContestantName, one: StepCase): Promise<boolean> {
    try {
      const contestant = this.#started.get(name) ?? (await this.#start(name));
      const side = isPrecision(name) ? { precision: name } : { peer: name, threads: threadsOf(this.#io.env) };
      const { versions } = await contestant.ask<{ versions: string }>({ do: 'prepare', ...one, ...side });
      await contestant.step(WARM_UP_STEPS);
      this.#io.err(`  ${contestant.name} is ready: ${versions}`);
      return true;
    } catch (error) {
      if (isPrecision(name) || this.#io.signal.aborted || !this.#started.has(name)) throw error;
      if (!(error instanceof CliError)) throw error;
      this.#io.err(`  left out: ${error.message}`);
      await this.#started.get(name)!.end();
      this.#started.delete(name);
      return false;
    }
  }

  /** Milliseconds of one step of a contestant that is ready. */
  step(name: ContestantName): Promise<number> {
    return this.#started.get(name)!.step(ATTACK_STEPS);
  }

  /** Where the time of one of our steps goes. */
  profile(name: PrecisionName): Promise<StepProfile> {
    return this.#started.get(name)!.ask<StepProfile>({ do: 'profile' });
  }

  /** Ends all processes. */
  async end(): Promise<void> {
    await Promise.all([...this.#started.values()].map((contestant) => contestant.end()));
  }

  async #start(name: ContestantName): Promise<Contestant> {
    if (!isPrecision(name)) this.#python ??= torchPython(this.#io);
    const contestant = isPrecision(name)
      ? ourContestant(name, this.#io)
      : peerContestant(name, await this.#python!, this.#io);
    this.#started.set(name, contestant);
    return contestant;
  }
}
