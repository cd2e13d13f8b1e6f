import type { GroupCounts } from '../numerics/attacks/attack-policy.ts';

/** How far an epoch is, and what it gave so far. */
export interface EpochPosition {
  /** Examples trained on, whole pools of the attack policy. */
  readonly done: number;
  /** Sum of the losses over the examples. */
  readonly lossSum: number;
  /** Attacked training images classified correctly. */
  readonly correct: number;
  /** Rate of the last update. */
  readonly learningRate: number;
  /** Examples in each of the attack policy's groups. */
  readonly attackGroups: GroupCounts;
}
