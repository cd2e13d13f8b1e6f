import { Signal } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { adversarialMargin } from '../scores.ts';
import { scoreSelector } from './score-selector.ts';

/** Examples of smallest adversarial margin; the score is the margin's negative, in [−1, 1]. */
export const margin = scoreSelector(
  {
    name: 'margin',
    version: '1',
    description:
      'Keeps the examples with the smallest margin q_y - max_{k≠y} q_k under attack, those furthest on the wrong side ' +
      'first. Scores are the negative margin.',
    scoreMeaning: 'The negative margin under attack: the smallest margins are kept.',
    needs: [Signal.LABEL, Signal.ADVERSARIAL_LOGITS],
    standIn: Signal.ADVERSARIAL_MARGINS,
  },
  ({ signals }) => adversarialMargin(signals).map((value) => -value),
);
