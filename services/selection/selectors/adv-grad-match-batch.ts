import { selectGradMatchBatches } from '../grad-match-batch.ts';
import { rankOneGradients } from '../gradients.ts';
import { gradientNeeds } from '../objective-signals.ts';
import type { Selector } from '../selector.ts';
import { matchingOptions } from './matching-options.ts';
import { matchingParameters } from './matching-parameters.ts';

/** The usual size of a training mini-batch on CIFAR. */
const DEFAULT_BATCH_SIZE = 128;

/** GRAD-MATCH per batch (Killamsetty 2021): whole random mini-batches are matched and kept. */
export const advGradMatchBatch: Selector = {
  name: 'adv-grad-match-batch',
  version: '2',
  description:
    'Keeps weighted random mini-batches whose last-layer gradients under attack sum up to those of the whole set, the ' +
    'per-batch variant of GRAD-MATCH (Killamsetty 2021). The batches of lowest weight are cut to keep the exact number.',
  scoreMeaning:
    "Inner product of the mean gradient of an example's mini-batch with the part of the whole mean still " +
    'unmatched: when the batch was taken, or for a dropped example in the end; a kept one is not shown ' +
    'below a dropped one of its class.',
  parameters: [
    ...matchingParameters,
    {
      name: 'batch-size',
      description: 'Examples per mini-batch; larger where there would be more than 4,096 batches.',
      defaultValue: DEFAULT_BATCH_SIZE,
      minimum: 1,
      maximum: 65_536,
      integer: true,
    },
  ],
  ...gradientNeeds,
  output: 'set',
  async select(input) {
    const { signals, objective, classFloor, parameters, random } = input;
    const batchSize = parameters.get('batch-size')!;
    const options = { ...matchingOptions(input), classFloor, batchSize, random };
    return selectGradMatchBatches(rankOneGradients(signals, objective), signals.labels, options);
  },
};
