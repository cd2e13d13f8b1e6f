import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ScoreExamplesResponseSchema } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { ScoredIndices, ScorerDefinition, ScorerSetting } from './definition.ts';

type Response = MessageInitShape<typeof ScoreExamplesResponseSchema>;

// 64 KiB of doubles: far below any limit on messages.
const SCORES_PER_MESSAGE = 8192;

/** Scores as they go over the wire; throws where there is not one finite score for each example. */
export function* scoreMessages(scores: ArrayLike<number>, { examples }: ScorerSetting): Generator<Response> {
  if (scores.length !== examples) throw new RangeError(`score() gave ${scores.length} scores for ${examples} examples`);
  for (let firstIndex = 0; firstIndex < examples; firstIndex += SCORES_PER_MESSAGE) {
    const length = Math.min(SCORES_PER_MESSAGE, examples - firstIndex);
    const chunk = Array.from({ length }, (_, i) => scores[firstIndex + i]!);
    const bad = chunk.findIndex((score) => !Number.isFinite(score));
    if (bad >= 0) throw new RangeError(`score() gave ${chunk[bad]} for example ${firstIndex + bad}`);
    yield { part: { case: 'scores', value: { firstIndex, scores: chunk } } };
  }
}

/** A set as it goes over the wire, sorted; throws where it is not `keep` different examples with proper weights. */
export function setMessage({ indices, weights }: ScoredIndices, { keep, examples }: ScorerSetting): Response {
  if (indices.length !== keep) throw new RangeError(`score() chose ${indices.length} examples where ${keep} are kept`);
  if (weights !== undefined && weights.length !== keep) {
    throw new RangeError(`score() gave ${weights.length} weights for ${keep} indices`);
  }
  const order = Array.from({ length: keep }, (_, i) => i).sort((a, b) => indices[a]! - indices[b]!);
  const sorted = order.map((i) => indices[i]!);
  const bad = sorted.findIndex((index, i) => !isIndex(index, examples) || index === sorted[i - 1]);
  if (bad >= 0) throw new RangeError(`score() chose example ${sorted[bad]}, which is chosen already or does not exist`);
  const ordered = weights === undefined ? [] : order.map((i) => weights[i]!);
  const wrong = ordered.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (wrong >= 0) throw new RangeError(`score() gave example ${sorted[wrong]} the weight ${ordered[wrong]}`);
  if (ordered.length > 0 && ordered.every((weight) => weight === 0))
    throw new RangeError('score() gave weights of 0 only');
  return { part: { case: 'set', value: { indices: sorted, weights: ordered } } };
}

/** What `definition` gave for a call, as messages. */
export function* resultMessages(
  definition: ScorerDefinition,
  result: ArrayLike<number> | ScoredIndices,
  setting: ScorerSetting,
): Generator<Response> {
  if (definition.output === 'set') yield setMessage(result as ScoredIndices, setting);
  else yield* scoreMessages(result as ArrayLike<number>, setting);
}

function isIndex(index: number, examples: number): boolean {
  return Number.isInteger(index) && index >= 0 && index < examples;
}
