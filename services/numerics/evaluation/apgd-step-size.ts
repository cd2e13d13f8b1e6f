/** Iterations of a run, in percent: up to the first checkpoint, less for each next one, and at least (Croce and Hein 2020, section 3.2). */
const FIRST_PERCENT = 22;
const SHORTENED_BY_PERCENT = 3;
const SHORTEST_PERCENT = 6;

/** Share of steps that must raise the loss between two checkpoints, or the step size is halved: rho. */
const RISING_SHARE = 0.75;

/** The iterations after which the step size is looked at; 22, 41, 57, 70, 80, 87, 93, 99 of 100. */
export function checkpoints(iterations: number): number[] {
  const found: number[] = [];
  let window = FIRST_PERCENT;
  for (let percent = window; percent <= 100; percent += window) {
    const at = Math.ceil((percent * iterations) / 100);
    if (at > (found.at(-1) ?? 0)) found.push(at);
    window = Math.max(window - SHORTENED_BY_PERCENT, SHORTEST_PERCENT);
  }
  return found;
}

/** The step size of one example and the losses that decide about it (Croce and Hein 2020, section 3.2, conditions 1 and 2). */
export class ApgdStepSize {
  size: number;
  /** Greatest loss so far. */
  best: number;
  #last: number;
  #steps = 0;
  #rises = 0;
  #bestAtCheckpoint: number;
  // the second condition compares two checkpoints, so it does not hold at the first
  #halvedAtCheckpoint = true;

  /** The size of the first step and the loss where the attack starts. */
  constructor(size: number, startLoss: number) {
    this.size = size;
    this.best = startLoss;
    this.#last = startLoss;
    this.#bestAtCheckpoint = startLoss;
  }

  /** Takes down the loss after a step; true if it is the greatest so far. */
  observe(loss: number): boolean {
    this.#steps += 1;
    if (loss > this.#last) this.#rises += 1;
    this.#last = loss;
    if (!(loss > this.best)) return false;
    this.best = loss;
    return true;
  }

  /** At a checkpoint: true if the step size was halved, so that the attack goes on from its best point. */
  check(): boolean {
    // equality halves too, as in the release; the paper's inequality is strict
    const tooFewRises = this.#rises <= RISING_SHARE * this.#steps;
    const stuck = !this.#halvedAtCheckpoint && this.best <= this.#bestAtCheckpoint;
    const halved = tooFewRises || stuck;
    if (halved) this.size /= 2;
    this.#halvedAtCheckpoint = halved;
    this.#bestAtCheckpoint = this.best;
    this.#steps = 0;
    this.#rises = 0;
    return halved;
  }
}
