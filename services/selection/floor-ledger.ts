/** Keeps a greedy choice of k examples able to end with every class at its floor. */
export class FloorLedger {
  readonly #owed: Uint32Array;
  #debt: number;
  #places: number;

  /** `floors` add up to k at most and exceed no class. */
  constructor(floors: Uint32Array, k: number) {
    this.#owed = floors.slice();
    this.#debt = floors.reduce((sum, floor) => sum + floor, 0);
    this.#places = k;
  }

  /**
   * Takes a place for an example of this class, or says false where all that are left are owed to other classes; once
   * it has said so it always will.
   */
  take(label: number): boolean {
    const owed = this.#owed[label] > 0;
    if (!owed && this.#places <= this.#debt) return false;
    if (owed) {
      this.#owed[label] -= 1;
      this.#debt -= 1;
    }
    this.#places -= 1;
    return true;
  }
}
