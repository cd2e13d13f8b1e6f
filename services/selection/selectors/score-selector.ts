import { selectTop } from '../rank.ts';
import type { Selector, SelectorInput } from '../selector.ts';

/** A selector that keeps the examples of highest score, with equal weights. */
export function scoreSelector(
  description: Pick<
    Selector,
    'name' | 'version' | 'description' | 'scoreMeaning' | 'readsHistory' | 'needs' | 'needsUnder'
  >,
  scores: (input: SelectorInput) => Float64Array,
): Selector {
  return {
    ...description,
    parameters: [],
    output: 'scores',
    scores,
    async select(input) {
      const { labels, classes } = input.signals;
      const values = scores(input);
      const indices = selectTop(values, input.k, { labels, classes, classFloor: input.classFloor });
      return { indices, scores: Float32Array.from(values) };
    },
  };
}
