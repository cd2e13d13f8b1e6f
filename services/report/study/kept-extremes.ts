import type { IndexSet } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import type { Cell } from './cell.ts';

/** Examples shown at either end. */
const SHOWN = 12;

/**
 * The examples that a run's rounds kept most, those of the highest summed weight first, and those kept least, the lowest
 * index first among equals. Weights count in units of their set's mean, so that rounds weigh the same.
 */
export function keptExtremes(indexSets: readonly IndexSet[]): Pick<Cell, 'mostKept' | 'leastKept'> {
  const total = indexSets[0]?.datasetExamples ?? 0;
  const examples = Array.from({ length: total }, (_, index) => ({ index, rounds: 0, weight: 0 }));
  for (const { indexGaps, weights } of indexSets) {
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / (weights.length || 1);
    let index = 0;
    for (const [i, gap] of indexGaps.entries()) {
      index += gap;
      const example = examples[index];
      if (!example) continue;
      example.rounds += 1;
      example.weight += weights.length > 0 && mean > 0 ? weights[i]! / mean : 1;
    }
  }
  const ranked = examples.sort((a, b) => b.weight - a.weight || a.index - b.index);
  return { mostKept: ranked.slice(0, SHOWN), leastKept: ranked.slice(-SHOWN) };
}
