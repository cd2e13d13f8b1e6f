import { selectGradMatch } from '../grad-match.ts';
import { signalGradients } from '../gradient-source.ts';
import { gradientNeeds } from '../objective-signals.ts';
import type { Selector } from '../selector.ts';
import { matchingOptions } from './matching-options.ts';
import { matchingParameters } from './matching-parameters.ts';

/**
 * GRAD-MATCH (Killamsetty 2021) on the objective's last-layer gradients of attacked examples (Li 2023). Approximate in
 * three ways: several atoms are taken a round (`atoms-per-round`), a class beyond `PURSUIT_LIMITS` is matched in parts,
 * and inner products are float32, from 64 classes on those with the target as well.
 */
export const advGradMatch: Selector = {
  name: 'adv-grad-match',
  version: '2',
  description:
    'Keeps, in every class, weighted examples whose last-layer gradients under attack sum up to those of the whole ' +
    'class (GRAD-MATCH, Killamsetty 2021; under attack, Li 2023).',
  scoreMeaning:
    "Inner product of an example's gradient with the part of its class's mean gradient still unmatched: " +
    'when it was taken, or for a dropped one in the end; a kept one is not shown below a dropped one.',
  parameters: matchingParameters,
  ...gradientNeeds,
  output: 'set',
  async select(input) {
    const { signals, objective } = input;
    return selectGradMatch(signalGradients(signals, objective), signals.labels, matchingOptions(input));
  },
};
