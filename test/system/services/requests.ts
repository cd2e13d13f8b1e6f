import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ScoringTargetSchema } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { type RunSpecSchema, Schedule } from '../../../proto/gen/winnow/v1/run_pb.ts';

/** A run's request. */
export type SpecInit = MessageInitShape<typeof RunSpecSchema>;
/** A scoring request's target. */
export type TargetInit = MessageInitShape<typeof ScoringTargetSchema>;

/** Training examples of {@link tinySpec}. */
export const EXAMPLES = 300;
/** Attack steps of {@link tinySpec}. */
export const STEPS = 2;

const dataset = { name: 'mnist', trainExamples: EXAMPLES, testExamples: 100 };
const model = { architecture: 'small-cnn', dropout: 0 };
const objective = { kind: ObjectiveKind.TRADES, attack: { epsilon: 0.2, stepSize: 0.1, steps: STEPS } };

/** A TRADES run of three epochs on a few digits, without pruning unless `changes` say so. */
export function tinySpec(changes: SpecInit = {}): SpecInit {
  return {
    name: 'tiny',
    dataset,
    model,
    objective,
    optimiser: { learningRate: 0.05, momentum: 0.9, weightDecay: 5e-4, schedule: Schedule.COSINE },
    epochs: 3,
    batchSize: 50,
    seed: 7n,
    evaluation: { attack: { epsilon: 0.2, stepSize: 0.1, steps: 2 } },
    ...changes,
  };
}

/** What {@link tinySpec} trains on, as a target of scoring, with fresh weights. */
export function tinyTarget(changes: TargetInit = {}): TargetInit {
  return { dataset, model, objective, seed: 7n, ...changes };
}
