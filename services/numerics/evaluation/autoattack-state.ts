import { invalidField } from '../../app-error.ts';
import { LEAST_DLR_CLASSES } from './attack-losses.ts';
import type { AutoAttackBudget } from './autoattack-rounds.ts';
import type { SurvivorState } from './survivors.ts';

/** All that decides a run's result, besides the model and the examples. */
export interface AutoAttackSettings extends AutoAttackBudget {
  /** Radius in pixel units of [0,1]. */
  readonly epsilon: number;
  /** In decimal, as JSON has no big integers. */
  readonly seed: string;
  readonly examples: number;
  readonly classes: number;
  /** The attacks run, in their order, with commas between. */
  readonly attacks: string;
}

/** How far a run is, as plain JSON; the next one goes on from it. */
export interface AutoAttackState {
  readonly settings: AutoAttackSettings;
  /** By round, of `autoAttackRounds`: which each example survived, and which ones are broken. */
  readonly examples: SurvivorState;
  /** Passes through the network per example, so far. */
  readonly passes: { readonly forward: number; readonly backward: number };
}

/** INVALID_FIELD (epsilon, examples, classes) where there is nothing that AutoAttack can do. */
export function checkSettings({
  epsilon,
  examples,
  classes,
}: Pick<AutoAttackSettings, 'epsilon' | 'examples' | 'classes'>): void {
  if (!(epsilon >= 0 && epsilon <= 1)) throw invalidField('epsilon', `${epsilon} is not in [0, 1]`);
  if (!(Number.isInteger(examples) && examples >= 1)) throw invalidField('examples', `${examples} is not at least 1`);
  if (classes < LEAST_DLR_CLASSES) {
    const remedy = 'use PGD with restarts';
    throw invalidField('classes', `AutoAttack's loss takes at least ${LEAST_DLR_CLASSES}, not ${classes}; ${remedy}`);
  }
}

/** INVALID_FIELD where a state is of another run. */
export function checkState(state: AutoAttackState, settings: AutoAttackSettings): void {
  for (const [name, value] of Object.entries(settings)) {
    const found = state.settings[name as keyof AutoAttackSettings];
    if (found !== value) {
      throw invalidField('state', `it is of a run with ${name} ${found}, not ${value}; start without a state`);
    }
  }
  const known = state.examples.survived.length;
  if (known !== settings.examples) {
    throw invalidField('state', `it holds ${known} examples, not ${settings.examples}; start without a state`);
  }
}
