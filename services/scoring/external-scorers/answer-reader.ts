import type { ScoreChunk, ScoredSet, ScoreExamplesResponse } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { ScorerOutput } from '../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { ContractBreach } from './scorer-failure.ts';

/** What a scorer gave: one score for each example, or a whole set. */
export type Answer =
  | { readonly scores: Float64Array }
  | { readonly indices: Uint32Array; readonly weights?: Float32Array };

/** What was asked of it. */
export interface Asked {
  readonly output: ScorerOutput;
  readonly examples: number;
  readonly keep: number;
}

/** Takes a scorer's answer message by message and believes none of it. @throws ContractBreach saying what is wrong. */
export class AnswerReader {
  readonly #asked: Asked;
  readonly #scores: Float64Array;
  #received = 0;
  #set: Answer | undefined;

  constructor(asked: Asked) {
    this.#asked = asked;
    this.#scores = new Float64Array(asked.output === ScorerOutput.SCORES ? asked.examples : 0);
  }

  /** Takes the next message. */
  add({ part }: ScoreExamplesResponse): void {
    const { output } = this.#asked;
    if (part.case === undefined) throw new ContractBreach('sent an empty message');
    if (this.#isComplete) throw new ContractBreach('sent more after the end of its answer');
    if (part.case === 'scores' && output === ScorerOutput.SCORES) this.#addScores(part.value);
    else if (part.case === 'set' && output === ScorerOutput.SET) this.#set = readSet(part.value, this.#asked);
    else
      throw new ContractBreach(part.case === 'set' ? 'sent a set, and gives scores' : 'sent scores, and gives a set');
  }

  /** The answer, once the stream has ended. */
  finish(): Answer {
    if (!this.#isComplete) {
      const { output, examples } = this.#asked;
      throw new ContractBreach(
        output === ScorerOutput.SET
          ? 'ended its answer without a set'
          : `ended its answer after ${this.#received} of ${examples} scores`,
      );
    }
    return this.#set ?? { scores: this.#scores };
  }

  get #isComplete(): boolean {
    const { output, examples } = this.#asked;
    return output === ScorerOutput.SET ? this.#set !== undefined : this.#received === examples;
  }

  #addScores({ firstIndex, scores }: ScoreChunk): void {
    const { examples } = this.#asked;
    if (scores.length === 0) throw new ContractBreach('sent a message without scores');
    if (firstIndex !== this.#received) {
      throw new ContractBreach(`sent scores from example ${firstIndex} on, where ${this.#received} was next`);
    }
    if (scores.length > examples - this.#received) {
      throw new ContractBreach(`sent ${this.#received + scores.length} scores for ${examples} examples`);
    }
    const bad = scores.findIndex((score) => !Number.isFinite(score));
    if (bad >= 0) throw new ContractBreach(`gave example ${firstIndex + bad} the score ${scores[bad]}`);
    this.#scores.set(scores, firstIndex);
    this.#received += scores.length;
  }
}

function readSet({ indices, weights }: ScoredSet, { examples, keep }: Asked): Answer {
  if (indices.length !== keep) throw new ContractBreach(`kept ${indices.length} examples instead of ${keep}`);
  for (let i = 0; i < indices.length; i += 1) {
    if (indices[i] >= examples) throw new ContractBreach(`kept example ${indices[i]} of ${examples}`);
    if (i > 0 && indices[i] === indices[i - 1]) throw new ContractBreach(`kept example ${indices[i]} twice`);
    if (i > 0 && indices[i] < indices[i - 1]) throw new ContractBreach('sent indices that are not sorted');
  }
  if (weights.length === 0) return { indices: Uint32Array.from(indices) };
  checkWeights(weights, keep);
  return { indices: Uint32Array.from(indices), weights: Float32Array.from(weights) };
}

function checkWeights(weights: readonly number[], keep: number): void {
  if (weights.length !== keep) throw new ContractBreach(`sent ${weights.length} weights for ${keep} examples`);
  const bad = weights.findIndex((weight) => !(Number.isFinite(weight) && weight >= 0));
  if (bad >= 0) throw new ContractBreach(`sent the weight ${weights[bad]}; weights are finite and at least 0`);
  if (weights.every((weight) => weight === 0)) throw new ContractBreach('sent weights that are all 0');
}
