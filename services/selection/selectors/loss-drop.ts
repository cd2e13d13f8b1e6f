import { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { checkCancelled } from '../cancellation.ts';
import { selectLossDrop } from '../loss-drop.ts';
import { lossNeeds } from '../objective-signals.ts';
import { adversarialLoss } from '../scores.ts';
import type { Reduction, Selector } from '../selector.ts';

/** Keeps weights of easy examples within 4 times those of hard ones; the paper's r is 0.5, or 0.75 for the easiest. */
const DEFAULT_MAX_DROP = 0.75;

const reduction: Reduction = {
  of: ({ signals, objective }) => adversarialLoss(signals, objective),
  select(losses, { signals: { labels, classes }, k, parameters, random, classFloor }) {
    const maxDrop = parameters.get('max-drop')!;
    const subset = selectLossDrop(losses, { k, labels, classes, classFloor, maxDrop, random });
    return { ...subset, scores: Float32Array.from(losses) };
  },
};

/** InfoBatch's drop and rescale (Qin 2024) on the loss under attack, at exact k. */
export const lossDrop: Selector = {
  name: 'loss-drop',
  version: '1',
  description:
    'Drops examples below the mean loss under attack at random and weighs those kept by 1 / (1 - r), so that the whole ' +
    'loss is kept on average (InfoBatch, Qin 2024). r is what k asks for; past max-drop all examples are dropped alike.',
  scoreMeaning:
    'The loss under attack: those below its mean are dropped at random, so a kept example may have less ' +
    'than a dropped one.',
  parameters: [
    {
      name: 'max-drop',
      description:
        'Highest share of the examples below the mean loss that is dropped before others are dropped as well; the ' +
        'weights of the two kinds differ by up to 1 / (1 - max-drop).',
      defaultValue: DEFAULT_MAX_DROP,
      minimum: 0,
      maximum: 0.99,
      integer: false,
    },
  ],
  ...lossNeeds,
  standIn: Signal.ADVERSARIAL_LOSSES,
  output: 'set',
  reduction,
  async select(input) {
    await checkCancelled(input.signal);
    return reduction.select(reduction.of(input), input);
  },
};
