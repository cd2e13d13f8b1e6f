/** Counts passes through the network per example: the part of a cost that does not depend on the machine. */
export class PassCounter {
  forwardPasses = 0;
  backwardPasses = 0;

  /** Adds forward passes of n examples. */
  forward(n: number): void {
    this.forwardPasses += n;
  }

  /** Adds backward passes of n examples. */
  backward(n: number): void {
    this.backwardPasses += n;
  }

  /** Adds a forward and a backward pass of n examples. */
  both(n: number): void {
    this.forward(n);
    this.backward(n);
  }
}
