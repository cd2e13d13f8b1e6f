import { selectTop } from '../rank.ts';
import type { Reduction, ReductionInput, Selector } from '../selector.ts';

/** A selector that keeps the examples of highest score, with equal weights. */
export function scoreSelector(
  description: Pick<
    Selector,
    'name' | 'version' | 'description' | 'scoreMeaning' | 'readsHistory' | 'needs' | 'needsUnder' | 'standIn'
  >,
  scores: (input: ReductionInput) => Float64Array,
): Selector {
  const reduction: Reduction = {
    of: scores,
    select(values, { signals: { labels, classes }, k, classFloor }) {
      const indices = selectTop(values, k, { labels, classes, classFloor });
      return { indices, scores: Float32Array.from(values) };
    },
  };
  return {
    ...description,
    parameters: [],
    output: 'scores',
    scores,
    reduction,
    select: async (input) => reduction.select(scores(input), input),
  };
}
