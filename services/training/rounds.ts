import type { SelectionSpec } from '../../proto/gen/winnow/v1/selection_pb.ts';
import type { SelectionAnswer, SelectionFiles } from './run-messages.ts';

/** A round's answer, and how long training stood still for it. */
export interface ArrivedRound {
  readonly round: number;
  readonly answer: SelectionAnswer;
  readonly waitedSeconds: number;
}

/** A round whose set has not been taken yet. */
interface OpenRound {
  readonly round: number;
  readonly sinceEpoch: number;
}

interface PendingRound extends OpenRound {
  readonly answer: Promise<SelectionAnswer>;
  arrived: boolean;
}

/** What rounds remember, to go on with in another process. */
export interface RoundsState {
  readonly asked: number;
  readonly applied: number;
  readonly open?: OpenRound | undefined;
  /** What the newest round is scored with. */
  readonly files?: SelectionFiles | undefined;
  /** What the round before was scored with: of no use any more. */
  readonly oldFiles?: SelectionFiles | undefined;
}

/** What rounds have done by others. */
export interface RoundSteps {
  /** Stores what a round is scored with, the present weights above all. */
  readonly prepare: (round: number, epoch: number) => Promise<SelectionFiles>;
  /** Asks for a round's set. Asking again, in another process, gives the same set. */
  readonly request: (round: number, files: SelectionFiles) => Promise<SelectionAnswer>;
  /** Told when training stands still for a set. */
  readonly onWait?: () => void;
}

const NONE: RoundsState = { asked: 0, applied: 0 };

/**
 * Decides at each epoch boundary whether to ask for a set, wait for one, or go on with what there is. As a resolved
 * selection's max_staleness_epochs is below its every_epochs, a set has been taken by the time the next is due.
 */
export class Rounds {
  readonly #selection: SelectionSpec;
  readonly #steps: RoundSteps;
  #state: RoundsState;
  #pending: PendingRound | undefined;

  /** Goes on from a state where one is given; a round that was open is asked for again at once. */
  constructor(selection: SelectionSpec, steps: RoundSteps, state: RoundsState = NONE) {
    this.#selection = selection;
    this.#steps = steps;
    this.#state = state;
    if (state.open) this.#ask(state.open);
  }

  get state(): RoundsState {
    return this.#state;
  }

  /** Called before every epoch, from 0, before {@link before}: stores what the epoch's round needs, where one is due. */
  async prepare(epoch: number): Promise<void> {
    const { asked, files, open } = this.#state;
    if (!this.isDue(epoch) || open?.sinceEpoch === epoch) return;
    const newFiles = await this.#steps.prepare(asked, epoch);
    this.#state = {
      ...this.#state,
      asked: asked + 1,
      open: { round: asked, sinceEpoch: epoch },
      files: newFiles,
      oldFiles: files,
    };
  }

  /**
   * Called before every epoch, from 0; gives the set to switch to, if one has arrived or has to be waited for. Until
   * the first set a run with a warm start trains on all data; one without waits. Fails as the request did.
   */
  async before(epoch: number): Promise<ArrivedRound | undefined> {
    await this.prepare(epoch);
    const { open } = this.#state;
    if (!open) return undefined;
    const pending = this.#pending ?? this.#ask(open);
    return this.#mayGoOn(pending, epoch) ? undefined : this.#take(pending);
  }

  /** Whether a set is asked for before an epoch. */
  isDue(epoch: number): boolean {
    const { warmStartEpochs, everyEpochs } = this.#selection;
    return epoch >= warmStartEpochs && (epoch - warmStartEpochs) % everyEpochs === 0;
  }

  #ask(open: OpenRound): PendingRound {
    const answer = this.#steps.request(open.round, this.#state.files!);
    const pending: PendingRound = { ...open, answer, arrived: false };
    const arrive = () => {
      pending.arrived = true;
    };
    // also for a failure: whoever takes the round next gets the error
    answer.then(arrive, arrive);
    this.#pending = pending;
    return pending;
  }

  #mayGoOn(pending: PendingRound, epoch: number): boolean {
    if (pending.arrived) return false;
    const firstWithoutWarmStart = this.#state.applied === 0 && this.#selection.warmStartEpochs === 0;
    return !firstWithoutWarmStart && epoch - pending.sinceEpoch < this.#selection.maxStalenessEpochs;
  }

  async #take(pending: PendingRound): Promise<ArrivedRound> {
    const started = performance.now();
    if (!pending.arrived) this.#steps.onWait?.();
    const answer = await pending.answer;
    this.#pending = undefined;
    this.#state = { ...this.#state, open: undefined, applied: this.#state.applied + 1 };
    return { round: pending.round, answer, waitedSeconds: (performance.now() - started) / 1000 };
  }
}
