import { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { el2n as el2nOf } from '../scores.ts';
import { scoreSelector } from './score-selector.ts';

/** EL2N (Paul 2021) on attacked examples. */
export const el2n = scoreSelector(
  {
    name: 'el2n',
    version: '1',
    description: 'Keeps the examples with the largest error norm ||q - onehot(y)||_2 under attack (EL2N, Paul 2021).',
    scoreMeaning: 'The norm of the error q - onehot(y) under attack: the largest are kept.',
    needs: [Signal.LABEL, Signal.ADVERSARIAL_LOGITS],
  },
  ({ signals }) => el2nOf(signals),
);
