import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type ScoreExamplesRequest,
  type ScoreExamplesResponseSchema,
  ScorerDescriptionSchema,
  ScorerOutput,
  type ScorerService,
  Signal,
} from '../../../../proto/gen/winnow/v1/scorer_service_pb.ts';
import type { ServiceImpl } from '../../../../services/platform/rpc/service-impl.ts';
import { type CallLimits, callLimits } from '../../../../services/scoring/external-scorers/call-limits.ts';
import { syntheticSignals } from '../../selection/synthetic-signals.ts';

/** Limits that a test need not wait long for. */
export const shortLimits: CallLimits = {
  ...callLimits(10_000),
  stallMs: 300,
  readyMs: 1_500,
  attempts: 3,
  firstWaitMs: 10,
  longestWaitMs: 20,
};

/** A description that keeps the contract. */
export function described(
  changes: Omit<MessageInitShape<typeof ScorerDescriptionSchema>, '$typeName' | '$unknown'> = {},
) {
  return create(ScorerDescriptionSchema, {
    ...{ name: 'nearest', version: '1', summary: 'A scorer of the tests.', output: ScorerOutput.SCORES },
    signals: [Signal.LABEL, Signal.ADVERSARIAL_LOGITS],
    ...changes,
  } as MessageInitShape<typeof ScorerDescriptionSchema>);
}

/** A scorer that describes itself, is ready, and scores each example by its label when all have come. */
export function labelScorer(
  changes: Partial<ServiceImpl<typeof ScorerService>> = {},
): ServiceImpl<typeof ScorerService> {
  return {
    describeScorer: async () => ({ scorer: described() }),
    checkReady: async () => ({ ready: true }),
    async *scoreExamples(requests) {
      yield scoresOf(await labelsOf(requests));
    },
    ...changes,
  };
}

/** All labels of a stream. */
export async function labelsOf(requests: AsyncIterable<ScoreExamplesRequest>): Promise<number[]> {
  const labels: number[] = [];
  for await (const { part } of requests) if (part.case === 'batch') labels.push(...part.value.labels);
  return labels;
}

/** One message with the scores of all examples. */
export function scoresOf(scores: number[]): MessageInitShape<typeof ScoreExamplesResponseSchema> {
  return { part: { case: 'scores', value: { firstIndex: 0, scores } } };
}

/** A call for `examples` examples of three classes. */
export function scoringCall(examples: number) {
  const signals = syntheticSignals(1, examples, 3, 4);
  const setting = { examples, classes: 3, features: 0, keep: 2, seed: 5n, parameters: {} };
  return { description: described(), setting, signals };
}
