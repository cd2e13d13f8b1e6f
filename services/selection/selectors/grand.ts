import { gradientNeeds } from '../objective-signals.ts';
import { gradientNorms } from '../scores.ts';
import { scoreSelector } from './score-selector.ts';

/** GraNd (Paul 2021) on attacked examples, by the last layer. */
export const grand = scoreSelector(
  {
    name: 'grand',
    version: '1',
    description:
      "Keeps the examples with the largest last-layer gradient norm of the run's own objective under attack " +
      '(GraNd, Paul 2021).',
    scoreMeaning: 'The norm of the last-layer gradient under attack: the largest are kept.',
    ...gradientNeeds,
  },
  ({ signals, objective }) => gradientNorms(signals, objective),
);
