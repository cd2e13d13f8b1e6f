import type { WorkContext } from '../platform/thread/serve-work.ts';
import type { TrainQuestion } from './run-messages.ts';

/** Ends the training of a run that another process goes on with; its state is stored. */
export class HandedOver extends Error {
  override readonly name = 'HandedOver';
}

/** Whether the main thread wants the run handed over; known from the next time on that messages are let in. */
export class HandOver {
  #wanted = false;

  constructor(context: WorkContext) {
    context.ask({ type: 'hand-over' } satisfies TrainQuestion).then(
      () => {
        this.#wanted = true;
      },
      () => {
        // Nobody hands over what is run without a main thread to ask.
      },
    );
  }

  get wanted(): boolean {
    return this.#wanted;
  }

  /** HandedOver where it is wanted. */
  throwIfWanted(): void {
    if (this.#wanted) throw new HandedOver('the run is handed over');
  }
}
