import { maskingAttacks, maskingSigns } from './masking-signs.ts';
import type { EvaluationAttack, Robustness } from './robustness.ts';
import type { ExampleSource } from './run-rounds.ts';
import type { SurvivorState } from './survivors.ts';

/** Most examples that the checks look at, the first ones: enough for shares of a percent, whatever is evaluated. */
export const MOST_CHECKED = 250;

/** Fewer examples than this that noise broke say nothing of how it compares with PGD. */
const LEAST_BROKEN_BY_NOISE = 5;

/** A measurement that checkMasking asks for; goes on from `start` where nothing is known of it yet. */
export type MeasureRobustness = (
  check: 'noise' | 'unbounded',
  attack: EvaluationAttack,
  source: ExampleSource,
  start: SurvivorState,
) => Promise<Robustness>;

/** A start at which all examples but some are out. */
function only(examples: readonly number[], size: number): SurvivorState {
  const kept = new Set(examples);
  const all = Array.from({ length: size }, (_, example) => example);
  return { survived: all.map(() => 0), broken: all.filter((example) => !kept.has(example)) };
}

/**
 * Cheap checks of a PGD evaluation for masked gradients, as sentences (see maskingSigns): as many random points as are
 * cheap against PGD, and an attack without a bound on what PGD left standing. No check where PGD takes no step, has no
 * room, or left nothing standing, as there is no robust accuracy then that could be too high.
 */
export async function checkMasking(
  attack: EvaluationAttack,
  pgd: Robustness,
  { size, batch }: ExampleSource,
  measure: MeasureRobustness,
): Promise<string[]> {
  const source = { size: Math.min(size, MOST_CHECKED), batch };
  const [clean, robust] = [pgd.clean, pgd.robust].map((examples) => examples.filter((it) => it < source.size));
  if (attack.steps === 0 || attack.epsilon === 0 || robust.length === 0) return [];
  const { random, unbounded } = maskingAttacks(attack);
  const noise = await measure('noise', random, source, only(clean, source.size));
  const far = await measure('unbounded', unbounded, source, only(robust, source.size));
  const share = (examples: readonly number[]) => examples.length / source.size;
  const tells = clean.length - noise.robust.length >= LEAST_BROKEN_BY_NOISE;
  return maskingSigns({
    unboundedAccuracy: share(far.robust),
    ...(tells && { noise: { clean: share(clean), pgd: share(robust), random: share(noise.robust) } }),
  });
}
