import { create } from '@bufbuild/protobuf';
import { type Cost, CostSchema, type Passes } from '../../proto/gen/winnow/v1/cost_pb.ts';
import { PassCounter } from '../numerics/pass-counter.ts';

/** The phases of a run that are timed apart. */
export type Phase = 'attack' | 'update' | 'scoring' | 'waiting' | 'publishing' | 'evaluation';

/** Books what a run costs, by phase: seconds of wall time, and passes through the network. */
export class Ledger {
  readonly passes = new PassCounter();
  readonly #seconds: Record<Phase, number> = {
    attack: 0,
    update: 0,
    scoring: 0,
    waiting: 0,
    publishing: 0,
    evaluation: 0,
  };
  readonly #started = performance.now();

  /** Adds seconds to a phase. */
  add(phase: Phase, seconds: number): void {
    this.#seconds[phase] += seconds;
  }

  /** Does a piece of work and books its time. */
  async time<T>(phase: Phase, work: () => Promise<T> | T): Promise<T> {
    const started = performance.now();
    try {
      return await work();
    } finally {
      this.add(phase, (performance.now() - started) / 1000);
    }
  }

  /** Seconds booked under a phase. */
  secondsOf(phase: Phase): number {
    return this.#seconds[phase];
  }

  /** Seconds since the run's first step, without evaluation. */
  get elapsed(): number {
    return (performance.now() - this.#started) / 1000 - this.#seconds.evaluation;
  }

  /** Adds passes made elsewhere, for this run. */
  addPasses({ forward, backward }: Passes): void {
    this.passes.forward(Number(forward));
    this.passes.backward(Number(backward));
  }

  /** What the run has cost up to now. */
  cost(): Cost {
    const { forwardPasses, backwardPasses } = this.passes;
    return create(CostSchema, {
      seconds: { ...this.#seconds, total: this.elapsed },
      passes: { forward: BigInt(forwardPasses), backward: BigInt(backwardPasses) },
    });
  }
}
