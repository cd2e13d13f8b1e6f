import type { IndexSet } from '../../../proto/gen/winnow/v1/index_set_pb.ts';
import { decodeIndices } from '../../node/index-set.ts';
import { duration, fallbackWord, percent, pixelLength } from './words.ts';

/** An index set for people: one line per fact. */
export function indexSetText(set: IndexSet): string {
  const { quality, attack, cost } = set;
  const kept = set.indexGaps.length;
  const facts: [string, string | undefined][] = [
    ['run', set.runId && `${set.runId}, round ${set.round}`],
    [
      'scorer',
      [set.scorer, set.scorerVersion && `version ${set.scorerVersion}`, `seed ${set.seed}`].filter(Boolean).join(', '),
    ],
    ['instead', set.fallback && `${fallbackWord(set.fallback.kind)}, as ${set.fallback.reason}`],
    ['kept', `${kept} of ${set.datasetExamples} (${percent(kept / Math.max(1, set.datasetExamples))})`],
    ['weights', set.weights.length > 0 ? 'one per example' : 'equal'],
    [
      'attack',
      attack && `${attack.steps} steps of ${pixelLength(attack.stepSize)}, eps ${pixelLength(attack.epsilon)}`,
    ],
    ['residual', quality?.residual?.toPrecision(4)],
    ['effective', quality && `sample size ${quality.effectiveSampleSize.toFixed(1)}`],
    ['overlap', quality?.overlap === undefined ? undefined : `${percent(quality.overlap)} with the round before`],
    ['per class', quality?.keptPerClass.join(' ')],
    ['time', cost?.seconds && duration(cost.seconds.total)],
    ['data set', set.datasetFingerprint],
    ['checkpoint', set.checkpointSha256],
  ];
  return facts
    .filter(([, value]) => value)
    .map(([name, value]) => `${name.padEnd(12)}${value}`)
    .join('\n');
}

/** The indices, one a line, each followed by its weight where the set has any. */
export function indexLines(set: IndexSet): string {
  const { indices, weights } = decodeIndices(set);
  return Array.from(indices, (index, i) => (weights === undefined ? `${index}` : `${index} ${weights[i]}`)).join('\n');
}
