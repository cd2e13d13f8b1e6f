import { create } from '@bufbuild/protobuf';
import { type EpochProgress, EpochProgressSchema } from '../../proto/gen/winnow/v1/training_service_pb.ts';
import { splitSize } from '../dataset/dataset.ts';
import type { WorkContext } from '../platform/thread/serve-work.ts';
import type { TrainProgress } from './run-messages.ts';
import type { Trainer } from './trainer.ts';

/** Shortest time between two progress messages. */
const PROGRESS_INTERVAL_MS = 250;
/** How often it is said again that training waits for scoring, so that those who come later are told as well. */
const WAITING_INTERVAL_MS = 2_000;

/** How far a phase of a run is. */
export type PhaseProgress = Pick<EpochProgress, 'phase' | 'epoch' | 'done' | 'total'> & { readonly loss?: number };

/** Tells the main thread how far a run is. */
export class RunReporter {
  readonly #trainer: Trainer;
  readonly #context: WorkContext;
  readonly #all: number;
  #kept: number;
  #lastProgress = 0;

  constructor(trainer: Trainer, context: WorkContext) {
    this.#trainer = trainer;
    this.#context = context;
    this.#all = splitSize(trainer.dataset.train);
    this.#kept = this.#all;
  }

  /** Examples of the set in use. */
  set kept(examples: number) {
    this.#kept = examples;
  }

  tell(progress: TrainProgress): void {
    this.#context.progress(progress);
  }

  /** Tells how far a phase is, unless something was told a moment ago; `epochsDone` may be a fraction. */
  progress(part: PhaseProgress, epochsDone: number): void {
    const now = performance.now();
    if (part.done < part.total && now - this.#lastProgress < PROGRESS_INTERVAL_MS) return;
    this.#lastProgress = now;
    const keptShare = this.#kept / this.#all;
    const secondsLeft = this.#secondsLeft(epochsDone);
    const cost = this.#trainer.ledger.cost();
    this.tell({ type: 'progress', progress: create(EpochProgressSchema, { ...part, keptShare, secondsLeft, cost }) });
  }

  /** Says that an epoch waits for scoring, again and again, until the returned function is called. */
  startScoring(epoch: number): () => void {
    const say = () => {
      this.#lastProgress = 0;
      this.progress({ phase: 'score', epoch, done: 0, total: this.#all }, epoch);
    };
    say();
    const timer = setInterval(say, WAITING_INTERVAL_MS);
    return () => clearInterval(timer);
  }

  /** Scales the time taken so far by the epochs left; evaluations are taken to go on at their pace. */
  #secondsLeft(epochsDone: number): number {
    const { ledger, spec } = this.#trainer;
    if (epochsDone === 0) return 0;
    const spent = ledger.elapsed + ledger.secondsOf('evaluation');
    return (spent / epochsDone) * (spec.epochs - epochsDone);
  }
}
