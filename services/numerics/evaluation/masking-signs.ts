import type { EvaluationAttack } from './robustness.ts';

/** What an evaluation found, shares of all examples in [0,1]; what was not measured is left out. */
export interface MaskingEvidence {
  /** Examples that a black-box attack broke after white-box attacks had not. */
  readonly brokenByBlackBox?: number;
  /** Accuracy under an attack whose ball holds every image. */
  readonly unboundedAccuracy?: number;
  /** Accuracy clean, under PGD, and under as many random points of the same ball. */
  readonly noise?: { readonly clean: number; readonly pgd: number; readonly random: number };
}

/** Share of examples that Square may break after the white-box attacks; more is a sign (AutoAttack's own threshold). */
const BLACK_BOX_SHARE = 0.002;

/** Accuracy that an unbounded attack may leave, for the odd example on which it gets stuck. */
const UNBOUNDED_ACCURACY = 0.01;

/** Share of PGD's damage that random points may do: gradients that are any good do far more. */
const NOISE_SHARE = 0.75;

/** Steps of the unbounded attack, each long enough that a quarter of them crosses the whole range of a pixel. */
const UNBOUNDED_STEPS = 40;

/** Random points per example. */
const NOISE_POINTS = 10;

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/**
 * Signs that gradients are masked, so that a measured robust accuracy is too high (Athalye 2018; Carlini 2019), as
 * sentences with figures; none where nothing is suspicious.
 */
export function maskingSigns({ brokenByBlackBox = 0, unboundedAccuracy = 0, noise }: MaskingEvidence): string[] {
  const signs: string[] = [];
  if (brokenByBlackBox > BLACK_BOX_SHARE) {
    signs.push(
      `Square, which uses no gradient, broke ${percent(brokenByBlackBox)} of the examples after all attacks with ` +
        'gradients had failed on them: gradients may be masked, and the robust accuracy too high.',
    );
  }
  if (unboundedAccuracy > UNBOUNDED_ACCURACY) {
    signs.push(
      `${percent(unboundedAccuracy)} of the examples withstood an attack that may change every pixel at will, which ` +
        'should leave none: the attack fails for its own reasons, not for the model being robust.',
    );
  }
  const [byNoise, byPgd] = noise ? [noise.clean - noise.random, noise.clean - noise.pgd] : [0, 0];
  if (byNoise > 0 && byNoise >= NOISE_SHARE * byPgd) {
    signs.push(
      `Random noise took ${percent(byNoise)} off the accuracy and PGD ${percent(byPgd)}: gradients that lead no ` +
        'further than chance may be masked.',
    );
  }
  return signs;
}

/** The attacks whose accuracies maskingSigns asks for, to be run beside PGD: random points in its ball, and PGD without a bound. */
export function maskingAttacks(pgd: EvaluationAttack): Readonly<Record<'random' | 'unbounded', EvaluationAttack>> {
  return {
    random: { ...pgd, start: 'uniform', steps: 0, restarts: NOISE_POINTS },
    // begun at the image: a random start in so large a ball destroys it, whatever gradients are worth. Not on KL, whose
    // own gradient is next to nothing there
    unbounded: {
      ...pgd,
      loss: 'cross-entropy',
      start: 'gaussian',
      epsilon: 1,
      steps: UNBOUNDED_STEPS,
      stepSize: 4 / UNBOUNDED_STEPS,
      restarts: 1,
    },
  };
}
