/** How examples fared so far, as plain JSON. */
export interface SurvivorState {
  /** Rounds that each example survived, one after the other from the first. */
  readonly survived: readonly number[];
  /** The examples that the round after those broke, in ascending order. */
  readonly broken: readonly number[];
}

/** Examples to put through a round. */
export interface RoundBatch {
  /** Number of the round, from 0. */
  readonly round: number;
  /** Numbers of the examples, from 0. */
  readonly examples: readonly number[];
}

/**
 * Examples that go through a row of rounds, attacks mostly: each round sees those only that survived all before it.
 * Goes on where it was from a state that was taken at any time.
 */
export class Survivors {
  readonly rounds: number;
  readonly #survived: Uint16Array;
  readonly #broken: Uint8Array;

  constructor(examples: number, rounds: number, state?: SurvivorState) {
    this.rounds = rounds;
    this.#survived = Uint16Array.from(state?.survived ?? new Uint16Array(examples));
    this.#broken = new Uint8Array(examples);
    for (const example of state?.broken ?? []) this.#broken[example] = 1;
  }

  /** Every round's examples that are still to go through it, in even batches of at most batchSize. Record each before the next. */
  *batches(batchSize: number): Generator<RoundBatch> {
    for (let round = 0; round < this.rounds; round++) {
      const waiting = this.#waitingFor(round);
      const size = Math.ceil(waiting.length / Math.ceil(waiting.length / batchSize));
      for (let first = 0; first < waiting.length; first += size) {
        yield { round, examples: waiting.slice(first, first + size) };
      }
    }
  }

  /** Takes down which of a batch's examples withstood their round: 1 or 0 for each. */
  record(examples: readonly number[], withstood: ArrayLike<number>): void {
    for (const [row, example] of examples.entries()) {
      if (withstood[row]) this.#survived[example] += 1;
      else this.#broken[example] = 1;
    }
  }

  /** Examples that nothing has broken, in ascending order. */
  get standing(): number[] {
    return this.#numbersWhere((example) => this.#broken[example] === 0);
  }

  /** Examples that survived a round, in ascending order. */
  survivorsOf(round: number): number[] {
    return this.#numbersWhere((example) => this.#survived[example] > round);
  }

  /** How many examples a round broke. */
  brokenIn(round: number): number {
    return this.#survived.reduce((count, rounds, i) => count + (rounds === round ? this.#broken[i] : 0), 0);
  }

  /** All that it knows. */
  state(): SurvivorState {
    return {
      survived: [...this.#survived],
      broken: this.#numbersWhere((example) => this.#broken[example] === 1),
    };
  }

  #waitingFor(round: number): number[] {
    return this.#numbersWhere((example) => this.#broken[example] === 0 && this.#survived[example] === round);
  }

  #numbersWhere(holds: (example: number) => boolean): number[] {
    return [...this.#broken.keys()].filter(holds);
  }
}
