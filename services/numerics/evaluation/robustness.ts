import type { Budget } from '../attacks/craft.ts';
import { type BeforeStep, pgd } from '../attacks/pgd.ts';
import type { Start } from '../attacks/start.ts';
import type { tf } from '../backend.ts';
import { crossEntropy, klDivergence } from '../losses.ts';
import type { Model } from '../models/model.ts';
import { deriveSeed } from '../random.ts';
import { type AttackContext, logitsOf } from './attack-context.ts';
import type { EvaluationBatch } from './evaluation-batch.ts';
import type { PhaseProgress } from './phase-progress.ts';
import { type ExampleSource, type Round, type RoundCallbacks, runRounds } from './run-rounds.ts';
import { type SurvivorState, Survivors } from './survivors.ts';

/** The attack of an evaluation: PGD with restarts. */
export interface EvaluationAttack extends Budget {
  readonly loss: 'cross-entropy' | 'kl';
  readonly start: Start;
  /** Independent starts, at least 1. */
  readonly restarts: number;
}

/** Settings of a measurement. */
export interface RobustnessOptions {
  readonly attack: EvaluationAttack;
  readonly seed: bigint;
  /** What progress calls the attack. */
  readonly name: string;
  /** Examples attacked at a time, 250 unless given; does not change the result. */
  readonly batchSize?: number;
}

/** What a measurement tells. */
export interface RobustnessCallbacks extends Pick<RoundCallbacks, 'onStep'> {
  /** Called before each step of an attack; throwing ends the measurement. */
  readonly beforeStep?: BeforeStep;
  /** Called after each batch and waited for; another measurement goes on from the state. */
  readonly onProgress?: (phase: () => PhaseProgress, state: () => SurvivorState) => void | Promise<void>;
}

/** Which examples are right, by their numbers, ascending. */
export interface Robustness {
  readonly clean: readonly number[];
  /** Right clean and under every restart. */
  readonly robust: readonly number[];
}

function attackOnce(
  context: AttackContext,
  batch: EvaluationBatch,
  attack: EvaluationAttack,
  seed: bigint,
  restart: number,
): tf.Tensor4D {
  const clean = attack.loss === 'kl' ? logitsOf(context, batch.images) : undefined;
  const loss = (x: tf.Tensor4D) => {
    const logits = logitsOf(context, x);
    return clean ? klDivergence(clean, logits) : crossEntropy(logits, batch.oneHot);
  };
  const seeds = [...batch.indices].map((index) => deriveSeed(seed, 'evaluation', restart, index));
  return pgd(batch.images, loss, attack, seeds, context.beforeStep);
}

/** No attack, then each restart. */
function roundsOf(name: string, attack: EvaluationAttack): Round[] {
  const restarts = Array.from(
    { length: attack.restarts },
    (_, restart): Round => ({
      attack: name,
      iterations: attack.steps,
      run: (context, batch, seed) => attackOnce(context, batch, attack, seed, restart),
    }),
  );
  return [{ attack: name, iterations: 0, run: (_, { images }) => images.clone() }, ...restarts];
}

/**
 * Which examples are right clean and under PGD with restarts; a restart sees those only that are still right, pooled.
 * The result does not depend on how examples are batched: each one's start comes from its own seed.
 * Goes on from a state of the same measurement. Errors: what a callback throws.
 */
export async function robustness(
  model: Model,
  source: ExampleSource,
  { attack, seed, name, batchSize }: RobustnessOptions,
  { beforeStep, onStep, onProgress }: RobustnessCallbacks = {},
  state?: SurvivorState,
): Promise<Robustness> {
  const rounds = roundsOf(name, attack);
  const survivors = new Survivors(source.size, rounds.length, state);
  await runRounds({ model, ...(beforeStep && { beforeStep }) }, { source, rounds, seed, batchSize }, survivors, {
    onStep,
    onBatch: (_, phase) => onProgress?.(phase, () => survivors.state()),
  });
  return { clean: survivors.survivorsOf(0), robust: survivors.standing };
}
