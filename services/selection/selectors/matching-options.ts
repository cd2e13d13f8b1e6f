import type { MatchingOptions } from '../grad-match.ts';
import type { SelectorInput } from '../selector.ts';

/** What an input says to every variant of GRAD-MATCH. */
export function matchingOptions({
  signals,
  k,
  parameters,
  matMul,
  signal,
  onProgress,
}: SelectorInput): MatchingOptions {
  return {
    k,
    classes: signals.classes,
    lambda: parameters.get('lambda')!,
    atomsPerRound: parameters.get('atoms-per-round')!,
    matMul,
    signal,
    onProgress,
  };
}
