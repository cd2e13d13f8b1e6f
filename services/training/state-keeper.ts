import type { WorkContext } from '../platform/thread/serve-work.ts';
import type { TrainQuestion } from './run-messages.ts';

/** Longest time between two states of a run, however long its epochs are: what a crash costs at most. */
const LONGEST_INTERVAL_MS = 5 * 60_000;

/** A state to be made the one to go on from. */
export type SavedState = Omit<Extract<TrainQuestion, { type: 'save' }>, 'type'>;

/**
 * Hands states to the main thread, which stores them while training goes on: one at a time, so that slow storage leaves
 * states out rather than piling them up.
 */
export class StateKeeper {
  readonly #context: WorkContext;
  readonly #intervalMs: number;
  #saving: Promise<unknown> | undefined;
  #last = performance.now();

  constructor(context: WorkContext, intervalMs = LONGEST_INTERVAL_MS) {
    this.#context = context;
    this.#intervalMs = intervalMs;
  }

  /** Whether the last state is so old that the next safe point is to be kept. */
  get due(): boolean {
    return performance.now() - this.#last >= this.#intervalMs;
  }

  /** Stores a state in the background, unless another is being stored. */
  offer(make: () => SavedState): void {
    if (!this.#saving) void this.#start(make());
  }

  /** Stores a state for sure; resolves once it is stored. */
  async save(make: () => SavedState): Promise<void> {
    await this.#saving;
    await this.#start(make());
  }

  #start(state: SavedState): Promise<void> {
    this.#last = performance.now();
    const saving = this.#context.ask({ type: 'save', ...state } satisfies TrainQuestion).then(
      () => {},
      () => {
        // The main thread has logged it; the state before stays the one to go on from.
      },
    );
    this.#saving = saving.then(() => {
      this.#saving = undefined;
    });
    return saving;
  }
}
