/**
 * ‖difference‖ / ‖target‖. A target of 0 has no scale: then it is 0 where the difference is 0 too, and 1 otherwise,
 * which is what an empty set scores against any other target.
 */
export function relativeResidual(differenceNorm: number, targetNorm: number): number {
  if (targetNorm > 0) return differenceNorm / targetNorm;
  return differenceNorm > 0 ? 1 : 0;
}
