import type { tf } from '../backend.ts';
import type { Model } from '../models/model.ts';
import type { Objective } from '../objectives/objective.ts';
import type { PassCounter } from '../pass-counter.ts';
import type { NetworkPrecision } from '../precision.ts';
import type { SeedPair } from '../random.ts';
import type { AttackBatch } from './craft.ts';
import type { BeforeStep } from './pgd.ts';

/** What a policy attacks with. */
export interface PolicyContext {
  readonly model: Model;
  readonly objective: Objective;
  readonly seed: SeedPair;
  readonly passes?: PassCounter;
  readonly beforeStep?: BeforeStep;
  /** Arithmetic of the network in the attack's steps, float32 unless given. */
  readonly precision?: NetworkPrecision;
}

/** How many examples a policy put into each of its groups. */
export type GroupCounts = Readonly<Record<string, number>>;

/** Decides how much attack each training example gets. Works with any objective and any index set. */
export interface AttackPolicy {
  /** Mini-batches that are attacked together, with the weights before the first of them is trained on. */
  readonly poolBatches: number;
  /** Attacks a pool. Returns images [N,H,W,C] that the caller frees. */
  attack(batch: AttackBatch, context: PolicyContext): tf.Tensor4D;
  /** Told after each mini-batch how many of its attacked images are classified correctly. */
  observe(correct: number, examples: number): void;
  /** Examples per group since the last call. */
  takeCounts(): GroupCounts;
  /** All that it remembers, for a checkpoint. */
  state(): Readonly<Record<string, number>>;
}
