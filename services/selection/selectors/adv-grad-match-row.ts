import { selectGradMatch } from '../grad-match.ts';
import { signalGradients } from '../gradient-source.ts';
import { gradientNeeds } from '../objective-signals.ts';
import type { Selector } from '../selector.ts';
import { matchingOptions } from './matching-options.ts';
import { matchingParameters } from './matching-parameters.ts';

/** GRAD-MATCH per class and gradient: a class is matched on the gradient of its own logit's weights alone. */
export const advGradMatchRow: Selector = {
  name: 'adv-grad-match-row',
  version: '2',
  description:
    "Keeps, in every class, weighted examples whose gradients under attack by the class's own row of the last layer sum " +
    'up to those of the whole class: the per-class-per-gradient variant of GRAD-MATCH (Killamsetty 2021).',
  scoreMeaning:
    "Inner product of an example's own-row gradient with the part of its class's mean still unmatched: when " +
    'it was taken, or for a dropped one in the end; a kept one is not shown below a dropped one.',
  parameters: matchingParameters,
  ...gradientNeeds,
  output: 'set',
  async select(input) {
    const { signals, objective } = input;
    const options = { ...matchingOptions(input), ownRowOnly: true };
    return selectGradMatch(signalGradients(signals, objective), signals.labels, options);
  },
};
