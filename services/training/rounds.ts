import type { SelectionSpec } from '../../proto/gen/winnow/v1/selection_pb.ts';
import type { SelectionAnswer } from './run-messages.ts';

/** A round's answer, and how long training stood still for it. */
export interface ArrivedRound {
  readonly round: number;
  readonly answer: SelectionAnswer;
  readonly waitedSeconds: number;
}

interface PendingRound {
  readonly round: number;
  readonly sinceEpoch: number;
  readonly answer: Promise<SelectionAnswer>;
  arrived: boolean;
}

/**
 * Decides at each epoch boundary whether to ask for a set, wait for one, or go on with what there is. As a resolved
 * selection's max_staleness_epochs is below its every_epochs, a set has been taken by the time the next is due.
 */
export class Rounds {
  readonly #selection: SelectionSpec;
  readonly #request: (round: number, epoch: number) => Promise<SelectionAnswer>;
  readonly #onWait: () => void;
  #pending: PendingRound | undefined;
  #asked = 0;
  #applied = 0;

  /** `request` asks for the set of a round with the present weights; `onWait` is told when training stands still for it. */
  constructor(
    selection: SelectionSpec,
    request: (round: number, epoch: number) => Promise<SelectionAnswer>,
    onWait: () => void = () => {},
  ) {
    this.#selection = selection;
    this.#request = request;
    this.#onWait = onWait;
  }

  /**
   * Called before every epoch, from 0; gives the set to switch to, if one has arrived or has to be waited for. Until
   * the first set a run with a warm start trains on all data; one without waits. Fails as the request did.
   */
  async before(epoch: number): Promise<ArrivedRound | undefined> {
    const { warmStartEpochs } = this.#selection;
    if (epoch < warmStartEpochs) return undefined;
    if (this.isDue(epoch)) this.#ask(epoch);
    if (!this.#pending) return undefined;
    return this.#mayGoOn(this.#pending, epoch) ? undefined : this.#take(this.#pending);
  }

  /** Whether a set is asked for before an epoch. */
  isDue(epoch: number): boolean {
    const { warmStartEpochs, everyEpochs } = this.#selection;
    return epoch >= warmStartEpochs && (epoch - warmStartEpochs) % everyEpochs === 0;
  }

  #ask(epoch: number): void {
    const pending: PendingRound = {
      round: this.#asked,
      sinceEpoch: epoch,
      answer: this.#request(this.#asked, epoch),
      arrived: false,
    };
    const arrive = () => {
      pending.arrived = true;
    };
    // also for a failure: whoever takes the round next gets the error
    pending.answer.then(arrive, arrive);
    this.#asked += 1;
    this.#pending = pending;
  }

  #mayGoOn(pending: PendingRound, epoch: number): boolean {
    if (pending.arrived) return false;
    const firstWithoutWarmStart = this.#applied === 0 && this.#selection.warmStartEpochs === 0;
    return !firstWithoutWarmStart && epoch - pending.sinceEpoch < this.#selection.maxStalenessEpochs;
  }

  async #take(pending: PendingRound): Promise<ArrivedRound> {
    const started = performance.now();
    if (!pending.arrived) this.#onWait();
    const answer = await pending.answer;
    this.#pending = undefined;
    this.#applied += 1;
    return { round: pending.round, answer, waitedSeconds: (performance.now() - started) / 1000 };
  }
}
