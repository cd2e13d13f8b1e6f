/** A decoder, and what it is fed with. */
export interface FuzzTarget {
  readonly name: string;
  /** Share of the inputs, relative to the others': what is quick gets more. */
  readonly share: number;
  /** Valid inputs that others are made from. */
  readonly samples: readonly Uint8Array[];
  /** Decodes. An AppError is a good answer, any other error is a finding. */
  decode(bytes: Uint8Array): unknown;
  /** Frees what the target holds. */
  close?(): void;
}
