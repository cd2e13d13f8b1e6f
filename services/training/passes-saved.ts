import type { Cost } from '../../proto/gen/winnow/v1/cost_pb.ts';
import { ObjectiveKind, type ObjectiveSpec } from '../../proto/gen/winnow/v1/objective_pb.ts';
import type { Run } from '../../proto/gen/winnow/v1/run_pb.ts';

/**
 * Forward and backward passes that training on one example takes at the objective's whole attack: one of each per attack
 * step, one of each for the update's attacked image; TRADES and MART see the clean image in the update, too, and TRADES
 * looks at it once more before it attacks.
 */
export function passesPerExample({ kind, attack }: ObjectiveSpec): number {
  const seesClean = kind !== ObjectiveKind.AT;
  const attackPasses = 2 * (attack?.steps ?? 0) + (kind === ObjectiveKind.TRADES ? 1 : 0);
  return attackPasses + (seesClean ? 4 : 2);
}

/**
 * Passes saved by a point of training: those that the same epochs would have taken on all examples with the whole attack,
 * less those that were made, scoring's among them. Below 0 where scoring has not paid off yet. `epochs` may be a fraction.
 */
export function passesSaved(
  { spec, dataset }: Pick<Run, 'spec' | 'dataset'>,
  epochs: number,
  { passes }: Cost,
): number {
  const full = epochs * (dataset?.trainExamples ?? 0) * passesPerExample(spec!.objective!);
  return full - Number(passes?.forward ?? 0) - Number(passes?.backward ?? 0);
}
