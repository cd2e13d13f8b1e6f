import { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { extendHistory } from '../history.ts';
import { adversarialMargin } from '../scores.ts';
import { scoreSelector } from './score-selector.ts';

/** Turns (1 − margin), in [0, 2], into less than one event, so that it decides between equal counts only. */
const TIE_BREAK = 0.25;

/**
 * Forgetting events (Toneva 2019) under attack, counted over selection rounds. The score is the count, 65,535 for an
 * example that was never right, plus up to a half for a small margin.
 */
export const forgetting = scoreSelector(
  {
    name: 'forgetting',
    version: '1',
    description:
      'Keeps the examples most often forgotten under attack from one selection to the next, those never learned first ' +
      '(Toneva 2019). Without history the misclassified ones come first; equal ones are ranked by smallest margin.',
    scoreMeaning:
      'Times forgotten under attack, 65535 for never learned, plus up to a half for a small margin: the ' +
      'highest are kept.',
    needs: [Signal.LABEL, Signal.ADVERSARIAL_LOGITS],
    readsHistory: true,
  },
  ({ signals, history }) => {
    const { forgettingCounts } = extendHistory(signals, history);
    return adversarialMargin(signals).map((margin, i) => forgettingCounts[i] + TIE_BREAK * (1 - margin));
  },
);
