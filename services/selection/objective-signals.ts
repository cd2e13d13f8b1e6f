import { Signal } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { readsClean } from './objective.ts';
import type { Selector } from './selector.ts';

type Needs = Required<Pick<Selector, 'needs' | 'needsUnder'>>;

/** Needs that leave out what is clean under objectives whose loss doesn't read it. */
function needsOf(adversarial: readonly Signal[], clean: readonly Signal[]): Needs {
  const both = [...adversarial, ...clean];
  return { needs: both, needsUnder: (kind) => (readsClean(kind) ? both : adversarial) };
}

/** The signals behind `outerLoss`. */
export const lossNeeds: Needs = needsOf([Signal.LABEL, Signal.ADVERSARIAL_LOGITS], [Signal.CLEAN_LOGITS]);

/** The signals behind `rankOneGradients`. */
export const gradientNeeds: Needs = needsOf(
  [Signal.LABEL, Signal.ADVERSARIAL_LOGITS, Signal.ADVERSARIAL_FEATURES],
  [Signal.CLEAN_LOGITS, Signal.CLEAN_FEATURES],
);
