import type { Cost, PhaseSeconds } from '../../proto/gen/winnow/v1/cost_pb.ts';
import { ObjectiveKindSchema } from '../../proto/gen/winnow/v1/objective_pb.ts';
import type { Run } from '../../proto/gen/winnow/v1/run_pb.ts';
import type { EpochProgress } from '../../proto/gen/winnow/v1/training_service_pb.ts';
import { addTo, clearRunGauges, setGauge } from '../platform/telemetry/metrics.ts';
import { passesSaved } from './passes-saved.ts';
import { showRun } from './run-gauges.ts';

/** How long an ended run's last figures stay, so that they are collected several times. */
const LAST_FIGURES_MS = 5 * 60 * 1000;

const PHASES = ['attack', 'update', 'scoring', 'waiting', 'publishing', 'evaluation'] as const;

/** Where training is within an epoch. */
interface Position {
  readonly epoch: number;
  readonly done: number;
}

/** Counts what a run does in this process, and shows how it stands, from what training tells of it. */
export class RunMetrics {
  #run: Run;
  #cost: Cost | undefined;
  #epochsDone: number;
  /** How far examples are counted; unknown until a run that goes on has told where it does. */
  #counted: Position | undefined;

  /** What is in `from`, the part of the record that training goes on from, has been counted by whoever did it. */
  constructor(run: Run, from: Pick<Run, 'epochsDone' | 'cost'>) {
    this.#run = run;
    this.#cost = from.cost;
    this.#epochsDone = from.epochsDone;
    this.#counted = from.cost ? undefined : { epoch: 0, done: 0 };
  }

  /** Takes what training tells within an epoch; the last thing it tells of one is its end. */
  progress({ phase, epoch, done, total, cost }: EpochProgress): void {
    if (cost) this.#spend(cost);
    if (phase !== 'train') return;
    if (this.#counted) {
      const before = this.#counted.epoch === epoch ? this.#counted.done : 0;
      addTo('winnow.run.examples', done - before, { 'winnow.objective': objectiveName(this.#run) });
    }
    this.#counted = { epoch, done };
    if (cost) this.#showSaved(epoch + done / total, cost);
  }

  /** Takes the run's record whenever it has changed. */
  record(run: Run): void {
    this.#run = run;
    addTo('winnow.run.epochs', run.epochsDone - this.#epochsDone);
    this.#epochsDone = Math.max(this.#epochsDone, run.epochsDone);
    if (run.cost) this.#spend(run.cost);
    if (run.result && run.cost) this.#showSaved(run.epochsDone, run.cost);
    showRun(run);
  }

  /** Stops showing the run: soon where it has ended, at once where another process goes on with it. */
  close(ended: boolean): void {
    const { id } = this.#run;
    if (ended) setTimeout(() => clearRunGauges(id), LAST_FIGURES_MS).unref();
    else clearRunGauges(id);
  }

  #showSaved(epochs: number, cost: Cost): void {
    setGauge('winnow.run.passes.saved', passesSaved(this.#run, epochs, cost), { 'winnow.run_id': this.#run.id });
  }

  #spend(cost: Cost): void {
    // a record's cost is that of the state that was stored, and may be older than what was told since
    if (this.#cost && allSeconds(cost) <= allSeconds(this.#cost)) return;
    for (const phase of PHASES) {
      addTo('winnow.run.phase.time', secondsOf(cost, phase) - secondsOf(this.#cost, phase), { 'winnow.phase': phase });
    }
    for (const direction of ['forward', 'backward'] as const) {
      const passes = Number(cost.passes?.[direction] ?? 0n) - Number(this.#cost?.passes?.[direction] ?? 0n);
      addTo('winnow.run.passes', passes, { 'winnow.direction': direction });
    }
    this.#cost = cost;
  }
}

function secondsOf(cost: Cost | undefined, phase: Exclude<keyof PhaseSeconds, `$${string}`>): number {
  return cost?.seconds?.[phase] ?? 0;
}

function allSeconds(cost: Cost): number {
  return secondsOf(cost, 'total') + secondsOf(cost, 'evaluation');
}

function objectiveName({ spec }: Run): string {
  const { name } = ObjectiveKindSchema.value[spec!.objective!.kind];
  return name.replace('OBJECTIVE_KIND_', '').toLowerCase();
}
