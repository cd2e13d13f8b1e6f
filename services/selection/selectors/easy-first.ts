import { gradientNeeds } from '../objective-signals.ts';
import { gradientNorms } from '../scores.ts';
import { scoreSelector } from './score-selector.ts';

/**
 * EasyCore's order, easy examples first. The paper's measure is the norm of the loss's gradient by the input, which is
 * not measured; the last-layer gradient's norm stands in for it, as both shrink where the error does.
 */
export const easyFirst = scoreSelector(
  {
    name: 'easy-first',
    version: '1',
    description:
      "Keeps the examples with the smallest last-layer gradient norm of the run's own objective under attack: the easy " +
      "ones. An approximation of EasyCore's smallest input-gradient norm, which is not measured.",
    scoreMeaning: 'The negative norm of the last-layer gradient under attack: the smallest norms are kept.',
    ...gradientNeeds,
  },
  ({ signals, objective }) => gradientNorms(signals, objective).map((norm) => -norm),
);
