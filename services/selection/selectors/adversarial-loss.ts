import { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { lossNeeds } from '../objective-signals.ts';
import { adversarialLoss as lossOf } from '../scores.ts';
import { scoreSelector } from './score-selector.ts';

/** Examples of highest outer loss under attack: the hard ones. */
export const adversarialLoss = scoreSelector(
  {
    name: 'adversarial-loss',
    version: '1',
    description: "Keeps the examples with the highest loss under attack, by the run's own objective: the hard ones.",
    scoreMeaning: 'The loss under attack: the highest are kept.',
    ...lossNeeds,
    standIn: Signal.ADVERSARIAL_LOSSES,
  },
  ({ signals, objective }) => lossOf(signals, objective),
);
