import { tf } from '../backend.ts';
import { withFrozen } from '../models/frozen-network.ts';
import type { AttackContext } from './attack-context.ts';
import { correctRows } from './correct-rows.ts';
import type { EvaluationBatch } from './evaluation-batch.ts';
import { type PhaseProgress, type PhaseRound, phaseProgress } from './phase-progress.ts';
import type { RoundBatch, Survivors } from './survivors.ts';

/** Where the examples of an evaluation come from. */
export interface ExampleSource {
  /** How many there are; they are numbered from 0. */
  readonly size: number;
  /** Examples by their numbers. The caller frees the tensors. */
  batch(examples: Uint32Array): Omit<EvaluationBatch, 'indices'>;
}

/** An attack, or a part of one, that examples survive or not. */
export interface Round extends PhaseRound {
  /** Attacked images [N,H,W,C], which the caller frees. */
  run(context: AttackContext, batch: EvaluationBatch, seed: bigint): tf.Tensor4D;
}

/** Rounds to put examples through. */
export interface RoundsPlan {
  readonly source: ExampleSource;
  readonly rounds: readonly Round[];
  readonly seed: bigint;
  /** Examples attacked at a time, 250 unless given; does not change the result. */
  readonly batchSize?: number | undefined;
}

/** What is told of rounds under way; `phase` is worked out when it is called. */
export interface RoundCallbacks {
  /** Called before each iteration of an attack, in the midst of a batch. */
  readonly onStep?: ((phase: () => PhaseProgress) => void) | undefined;
  /** Called after each batch and waited for. */
  readonly onBatch?: ((now: RoundBatch, phase: () => PhaseProgress) => void | Promise<void>) | undefined;
}

/** Large enough to keep the device busy, small enough that little is lost with a batch. */
const DEFAULT_BATCH_SIZE = 250;

/** Which of a batch's examples a round leaves standing: 1 or 0 each. */
function withstood(
  round: Round,
  context: AttackContext,
  source: ExampleSource,
  examples: readonly number[],
  seed: bigint,
): Uint8Array {
  const indices = Uint32Array.from(examples);
  const batch = source.batch(indices);
  try {
    return withFrozen(context.model, (network) =>
      tf.tidy(() => {
        const model = { forward: (images: tf.Tensor4D) => network.forward(images) };
        const attacked = round.run({ ...context, model }, { ...batch, indices }, seed);
        return correctRows(model, attacked, batch.oneHot, context.passes);
      }),
    );
  } finally {
    tf.dispose([batch.images, batch.oneHot]);
  }
}

/**
 * Puts examples through rounds of attacks, each those only that all before it left standing, however they were batched
 * then. What happened is in `survivors`, also where a callback or context.beforeStep throws.
 */
export async function runRounds(
  context: AttackContext,
  { source, rounds, seed, batchSize }: RoundsPlan,
  survivors: Survivors,
  { onStep, onBatch }: RoundCallbacks,
): Promise<void> {
  for (const now of survivors.batches(batchSize ?? DEFAULT_BATCH_SIZE)) {
    const round = rounds[now.round];
    let steps = 0;
    const beforeStep = () => {
      context.beforeStep?.();
      const share = steps / round.iterations;
      onStep?.(() => phaseProgress(rounds, survivors.state(), now, share));
      steps += 1;
    };
    survivors.record(now.examples, withstood(round, { ...context, beforeStep }, source, now.examples, seed));
    await onBatch?.(now, () => phaseProgress(rounds, survivors.state(), now));
  }
}
