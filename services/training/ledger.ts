import { create } from '@bufbuild/protobuf';
import { type Cost, CostSchema, type Passes } from '../../proto/gen/winnow/v1/cost_pb.ts';
import { PassCounter } from '../numerics/pass-counter.ts';

const PHASES = ['attack', 'update', 'scoring', 'waiting', 'publishing', 'evaluation'] as const;

/** A phase of a run that is timed apart. */
export type Phase = (typeof PHASES)[number];

/** What was booked, to go on with in another process. */
export interface LedgerState {
  /** Seconds by phase. */
  readonly booked: Readonly<Record<Phase, number>>;
  /** Seconds in all, without evaluation. */
  readonly elapsed: number;
  readonly forwardPasses: number;
  readonly backwardPasses: number;
}

/** Books what a run costs, by phase: seconds of wall time, and passes through the network. */
export class Ledger {
  readonly passes = new PassCounter();
  readonly #booked = new Map<Phase, number>();
  /** When the phases being timed right now began. */
  readonly #begun = new Map<Phase, number>();
  readonly #started = performance.now();
  /** Seconds booked before this ledger was opened, with evaluation. */
  readonly #before: number;

  /** Goes on from what was booked, where given; the time in between is nobody's. */
  constructor(before?: LedgerState) {
    this.#before = before ? before.elapsed + before.booked.evaluation : 0;
    for (const phase of before ? PHASES : []) this.#booked.set(phase, before!.booked[phase]);
    this.passes.forward(before?.forwardPasses ?? 0);
    this.passes.backward(before?.backwardPasses ?? 0);
  }

  /** What is booked up to now. */
  state(): LedgerState {
    const booked = Object.fromEntries(PHASES.map((phase) => [phase, this.secondsOf(phase)])) as Record<Phase, number>;
    const { forwardPasses, backwardPasses } = this.passes;
    return { booked, elapsed: this.elapsed, forwardPasses, backwardPasses };
  }

  /** Adds seconds to a phase. */
  add(phase: Phase, seconds: number): void {
    this.#booked.set(phase, (this.#booked.get(phase) ?? 0) + seconds);
  }

  /** Does a piece of work and books its time, that of a failed one too. */
  async time<T>(phase: Phase, work: () => Promise<T> | T): Promise<T> {
    const started = performance.now();
    this.#begun.set(phase, started);
    try {
      return await work();
    } finally {
      this.#begun.delete(phase);
      this.add(phase, (performance.now() - started) / 1000);
    }
  }

  /** Seconds of a phase up to now, work under way included. */
  secondsOf(phase: Phase): number {
    const begun = this.#begun.get(phase);
    return (this.#booked.get(phase) ?? 0) + (begun === undefined ? 0 : (performance.now() - begun) / 1000);
  }

  /** Seconds in all, without evaluation, that under way included. */
  get elapsed(): number {
    return this.#before + (performance.now() - this.#started) / 1000 - this.secondsOf('evaluation');
  }

  /** Adds passes made elsewhere, for this run. */
  addPasses({ forward, backward }: Passes): void {
    this.passes.forward(Number(forward));
    this.passes.backward(Number(backward));
  }

  /** What the run has cost up to now. */
  cost(): Cost {
    const { booked, elapsed, forwardPasses, backwardPasses } = this.state();
    return create(CostSchema, {
      seconds: { ...booked, total: elapsed },
      passes: { forward: BigInt(forwardPasses), backward: BigInt(backwardPasses) },
    });
  }
}
