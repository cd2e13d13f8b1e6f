import { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { readsClean } from '../objective.ts';
import { adversarialLoss as lossOf } from '../scores.ts';
import { scoreSelector } from './score-selector.ts';

/** Examples of highest outer loss under attack: the hard ones. */
export const adversarialLoss = scoreSelector(
  {
    name: 'adversarial-loss',
    version: '1',
    description: "Keeps the examples with the highest loss under attack, by the run's own objective: the hard ones.",
    needs: [Signal.LABEL, Signal.CLEAN_LOGITS, Signal.ADVERSARIAL_LOGITS],
    needsUnder: (kind) =>
      readsClean(kind)
        ? [Signal.LABEL, Signal.CLEAN_LOGITS, Signal.ADVERSARIAL_LOGITS]
        : [Signal.LABEL, Signal.ADVERSARIAL_LOGITS],
  },
  ({ signals, objective }) => lossOf(signals, objective),
);
