import type { ScoreChunk, ScoredSet, ScoreExamplesResponse } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';

/** All that a scorer answered to one call, not judged yet. */
export interface Answer {
  readonly chunks: readonly ScoreChunk[];
  readonly sets: readonly ScoredSet[];
  /** Messages with neither. */
  readonly empty: number;
  /** Scores of all chunks, in the order they came. */
  readonly scores: readonly number[];
}

// No proper answer is longer than one message for each score, the set and some slack; an endless one is cut off.
const SLACK = 16;

/** Reads an answer to its end, or until it is longer than any proper one for `examples` can be. */
export async function readAnswer(responses: AsyncIterable<ScoreExamplesResponse>, examples: number): Promise<Answer> {
  const chunks: ScoreChunk[] = [];
  const sets: ScoredSet[] = [];
  const scores: number[] = [];
  let empty = 0;
  for await (const { part } of responses) {
    if (part.case === 'scores') {
      chunks.push(part.value);
      for (const score of part.value.scores) scores.push(score);
    } else if (part.case === 'set') sets.push(part.value);
    else empty++;
    if (Math.max(scores.length, chunks.length + sets.length + empty) > examples + SLACK) break;
  }
  return { chunks, sets, empty, scores };
}
