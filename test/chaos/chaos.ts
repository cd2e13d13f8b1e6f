import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageShape } from '@bufbuild/protobuf';
import pino from 'pino';
import { type Run, type RunSpecSchema, RunState } from '../../proto/gen/winnow/v1/run_pb.ts';
import { randomStream } from '../../services/dataset/random.ts';
import { connectBus } from '../../services/platform/bus/connection.ts';
import { sha256Hex } from '../../services/platform/sha256.ts';
import { type Fault, faultPlan } from './fault-plan.ts';
import { faultsOfRun, leftovers } from './invariants.ts';
import { type Processes, startProcesses, type Target } from './processes.ts';
import { Replicas } from './replicas.ts';

/** What a chaos test is to do. */
export interface ChaosOptions {
  /** Decides which faults come when. */
  readonly seed: bigint;
  /** Number of faults. */
  readonly faults: number;
  readonly trainingReplicas: number;
  /** Runs that are trained meanwhile, again and again. */
  readonly specs: readonly MessageShape<typeof RunSpecSchema>[];
  readonly say: (line: string) => void;
}

/** What came of it. */
export interface ChaosSummary {
  readonly seed: string;
  /** Faults by kind and process. */
  readonly injected: Readonly<Record<string, number>>;
  readonly faults: number;
  /** Runs that were created during the faults, and those that ended as if nothing had happened. */
  readonly runs: number;
  readonly survived: number;
  /** What went wrong; nothing where the system keeps its promises. */
  readonly violations: readonly string[];
  readonly seconds: number;
}

const POLL_MS = 500;
/** Far longer than a run takes that is begun anew after each of the last faults. */
const END_MS = 240_000;
const LEFTOVER_MS = 20_000;

const hasEnded = ({ state }: Run) => state >= RunState.SUCCEEDED;

/** One chaos test. */
class Chaos {
  readonly #options: ChaosOptions;
  readonly #processes: Processes;
  readonly #replicas: Replicas;
  readonly #undisturbed = new Map<string, Run>();
  readonly #runs = new Map<string, Run>();
  readonly #violations: string[] = [];

  constructor(options: ChaosOptions, processes: Processes) {
    this.#options = options;
    this.#processes = processes;
    this.#replicas = new Replicas(processes.training);
  }

  async run(): Promise<ChaosSummary> {
    const { seed, faults, specs, say } = this.#options;
    const started = performance.now();
    for (const spec of specs) this.#undisturbed.set(spec.name, await this.#untilEnd((await this.#create(spec)).id));
    say(`undisturbed: ${specs.map(({ name }) => name).join(', ')}`);
    const names = this.#processes.targets.map(({ name }) => name);
    const plan = faultPlan(seed, faults, names);
    for (const fault of plan) await this.#inject(fault);
    for (const id of this.#runs.keys()) await this.#untilEnd(id);
    const survived = await this.#check();
    this.#replicas.close();
    return {
      seed: `${seed}`,
      injected: countsOf(plan.map(({ kind, target }) => `${kind} ${target}`)),
      faults: plan.length,
      runs: this.#runs.size,
      survived,
      violations: this.#violations,
      seconds: Math.round((performance.now() - started) / 1000),
    };
  }

  async #inject({ kind, target: name, afterMs, forMs }: Fault): Promise<void> {
    await this.#keepBusy();
    await sleep(afterMs);
    const target = this.#processes.targets.find((one) => one.name === name) as Target;
    this.#options.say(`${kind} ${name} for ${forMs} ms`);
    if (kind === 'kill') await target.kill();
    else target.signal('SIGSTOP');
    await sleep(forMs);
    if (kind === 'kill') await target.start();
    else target.signal('SIGCONT');
  }

  /** Sees to it that there is a run of each spec to disturb, and that none has gone back behind what was told of it. */
  async #keepBusy(): Promise<void> {
    for (const id of this.#runs.keys()) await this.#look(id);
    for (const spec of this.#options.specs) {
      const open = [...this.#runs.values()].some((run) => run.spec?.name === spec.name && !hasEnded(run));
      if (open) continue;
      const run = await this.#create(spec);
      this.#runs.set(run.id, run);
    }
  }

  async #create(spec: MessageShape<typeof RunSpecSchema>): Promise<Run> {
    return this.#replicas.call((client, options) => client.createRun(spec, options));
  }

  async #look(id: string): Promise<Run> {
    const run = await this.#replicas.call((client, options) => client.getRun(id, options));
    const before = this.#runs.get(id);
    if (before && run.epochsDone < before.epochsDone) {
      this.#violations.push(`run ${id} went back from epoch ${before.epochsDone} to ${run.epochsDone}`);
    }
    if (this.#runs.has(id)) this.#runs.set(id, run);
    return run;
  }

  async #untilEnd(id: string): Promise<Run> {
    const end = performance.now() + END_MS;
    for (;;) {
      const run = await this.#look(id);
      if (hasEnded(run)) return run;
      if (performance.now() > end) {
        this.#violations.push(`run ${id} has not ended after ${END_MS / 1000} s`);
        return run;
      }
      await sleep(POLL_MS);
    }
  }

  /** Checks all that is promised; returns how many runs came through. */
  async #check(): Promise<number> {
    const log = pino({ level: 'silent' });
    const bus = await connectBus({ servers: this.#processes.natsUrl, name: 'chaos', log });
    let survived = 0;
    for (const run of this.#runs.values()) {
      const faults = await faultsOfRun(bus, run, this.#undisturbed.get(run.spec!.name)!);
      const model = await this.#replicas.call((client, options) => client.downloadModel(run.id, options));
      if (sha256Hex(model) !== run.checkpoint?.sha256) faults.push(`run ${run.id}: its model is another`);
      if (faults.length === 0) survived += 1;
      this.#violations.push(...faults);
    }
    const end = performance.now() + LEFTOVER_MS;
    let left = await leftovers(bus);
    while (left.length > 0 && performance.now() < end) {
      await sleep(POLL_MS);
      left = await leftovers(bus);
    }
    this.#violations.push(...left);
    await bus.close();
    return survived;
  }
}

function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Trains runs while processes are killed and paused at random; see ChaosSummary for what is checked. */
export async function chaos(options: ChaosOptions): Promise<ChaosSummary> {
  options.say(`seed ${options.seed}`);
  const processes = await startProcesses(options.trainingReplicas);
  try {
    return await new Chaos(options, processes).run();
  } finally {
    await processes.stop();
  }
}

/** A seed that nobody has chosen. */
export function freshSeed(): bigint {
  return BigInt(randomStream(BigInt(Date.now()), 'chaos-seed').uint32());
}
