import type { BeforeStep } from '../attacks/pgd.ts';
import type { Model } from '../models/model.ts';
import { PassCounter } from '../pass-counter.ts';
import {
  ATTACK_NAMES,
  type AttackName,
  type AttackRound,
  type AutoAttackBudget,
  autoAttackRounds,
  STANDARD_BUDGET,
} from './autoattack-rounds.ts';
import { type AutoAttackSettings, type AutoAttackState, checkSettings, checkState } from './autoattack-state.ts';
import { maskingSigns } from './masking-signs.ts';
import type { PhaseProgress } from './phase-progress.ts';
import { type ExampleSource, type RoundCallbacks, runRounds } from './run-rounds.ts';
import { Survivors } from './survivors.ts';

/** Settings of a run. */
export interface AutoAttackOptions {
  /** Radius of the L-infinity ball in pixel units of [0,1]. */
  readonly epsilon: number;
  readonly seed: bigint;
  /** Examples attacked at a time, 250 unless given; does not change the result. */
  readonly batchSize?: number;
  /** What differs from the standard budget, if anything. */
  readonly budget?: Partial<AutoAttackBudget>;
  /** Attacks to run, in the suite's order; all unless given, as only those together are AutoAttack. */
  readonly attacks?: readonly AttackName[];
}

/** How far a run is. */
export interface AutoAttackProgress {
  readonly attack: AttackName;
  /** Round just worked on, from 0, of how many. */
  readonly round: number;
  readonly rounds: number;
  /** Examples that nothing has broken so far. */
  readonly standing: number;
  /** How far the attack is, all its targets together. */
  phase(): PhaseProgress;
  /** Goes on from here if handed to a later run. */
  state(): AutoAttackState;
}

/** What a run tells. */
export interface AutoAttackCallbacks extends Pick<RoundCallbacks, 'onStep'> {
  /** Called before each iteration of an attack; throwing ends the run. */
  readonly beforeStep?: BeforeStep;
  /** Called after each batch and waited for. */
  readonly onProgress?: (progress: AutoAttackProgress) => void | Promise<void>;
}

/** What a run found. */
export interface AutoAttackResult {
  /** The exact radius. */
  readonly epsilon: number;
  readonly examples: number;
  readonly cleanAccuracy: number;
  /** Share of all examples that are right clean and under every attack. */
  readonly robustAccuracy: number;
  /** Numbers of those examples, ascending. */
  readonly robust: readonly number[];
  /** Examples by what broke them first. */
  readonly broken: Readonly<Record<AttackName, number>>;
  /** Accuracy after each attack, all before it included. */
  readonly accuracyAfter: Readonly<Record<AttackName, number>>;
  /** Passes through the network per example, over all runs that led here. */
  readonly passes: AutoAttackState['passes'];
  /** Signs that the figure is too high, in sentences. */
  readonly warnings: readonly string[];
}

function byAttack(count: (attack: AttackName) => number): Record<AttackName, number> {
  return Object.fromEntries(ATTACK_NAMES.map((name) => [name, count(name)])) as Record<AttackName, number>;
}

function resultOf(
  settings: AutoAttackSettings,
  rounds: readonly AttackRound[],
  survivors: Survivors,
  passes: AutoAttackState['passes'],
): AutoAttackResult {
  const { epsilon, examples } = settings;
  const broken = byAttack((name) =>
    rounds.reduce((sum, { attack }, round) => sum + (attack === name ? survivors.brokenIn(round) : 0), 0),
  );
  let standing = examples;
  const accuracyAfter = byAttack((name) => {
    standing -= broken[name];
    return standing / examples;
  });
  const complete = settings.attacks === ATTACK_NAMES.join();
  const warnings = complete ? maskingSigns({ brokenByBlackBox: broken.square / examples }) : [];
  const robust = survivors.standing;
  const accuracies = { cleanAccuracy: accuracyAfter.clean, robustAccuracy: robust.length / examples };
  return { epsilon, examples, ...accuracies, robust, broken, accuracyAfter, passes, warnings };
}

function settingsOf(model: Model, source: ExampleSource, options: AutoAttackOptions): AutoAttackSettings {
  const { epsilon, seed, budget, attacks = ATTACK_NAMES } = options;
  const run = ATTACK_NAMES.filter((name) => name === 'clean' || attacks.includes(name));
  const given = { epsilon, seed: String(seed), examples: source.size, classes: model.classes, attacks: run.join() };
  return { ...STANDARD_BUDGET, ...budget, ...given };
}

function countFrom(state: AutoAttackState | undefined): PassCounter {
  const passes = new PassCounter();
  passes.forward(state?.passes.forward ?? 0);
  passes.backward(state?.passes.backward ?? 0);
  return passes;
}

/**
 * AutoAttack, standard version, L-infinity (Croce and Hein 2020): an example is robust if it is right clean and under
 * each of APGD on cross-entropy, targeted APGD, targeted FAB and Square. An attack sees those examples only that are
 * still standing. The result does not depend on batches: each example's randomness comes from its own seed.
 * Errors: INVALID_FIELD for epsilon, examples, fewer than four classes, or a state of another run; what a callback throws.
 */
export async function autoAttack(
  model: Model,
  source: ExampleSource,
  options: AutoAttackOptions,
  { beforeStep, onStep, onProgress }: AutoAttackCallbacks = {},
  state?: AutoAttackState,
): Promise<AutoAttackResult> {
  const settings = settingsOf(model, source, options);
  checkSettings(settings);
  if (state) checkState(state, settings);
  const attacks = settings.attacks.split(',');
  const rounds = autoAttackRounds(options.epsilon, model.classes, settings).filter((it) => attacks.includes(it.attack));
  const survivors = new Survivors(source.size, rounds.length, state?.examples);
  const passes = countFrom(state);
  const context = { model, passes, ...(beforeStep && { beforeStep }) };
  const counted = () => ({ forward: passes.forwardPasses, backward: passes.backwardPasses });
  const stateNow = () => ({ settings, examples: survivors.state(), passes: counted() });
  const plan = { source, rounds, seed: options.seed, batchSize: options.batchSize };
  await runRounds(context, plan, survivors, {
    onStep,
    onBatch: ({ round }, phase) => {
      const standing = survivors.standing.length;
      return onProgress?.({
        attack: rounds[round].attack,
        round,
        rounds: rounds.length,
        standing,
        phase,
        state: stateNow,
      });
    },
  });
  return resultOf(settings, rounds, survivors, counted());
}
