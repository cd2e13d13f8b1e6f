/** A round of a run. */
export interface RoundKey {
  readonly runId: string;
  /** From 0. */
  readonly round: number;
}
