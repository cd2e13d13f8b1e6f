import { create, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { ObjectiveKind } from '../../../proto/gen/winnow/v1/objective_pb.ts';
import { RunSpecSchema, Schedule } from '../../../proto/gen/winnow/v1/run_pb.ts';
import { ScoringTargetSchema } from '../../../proto/gen/winnow/v1/scoring_service_pb.ts';

/** Fields of a run's request. */
export type SpecInit = Omit<MessageInitShape<typeof RunSpecSchema>, '$typeName' | '$unknown'>;
/** Fields of a scoring target. */
export type TargetInit = Omit<MessageInitShape<typeof ScoringTargetSchema>, '$typeName' | '$unknown'>;

/** Training and test examples of a tiny run. */
export const EXAMPLES = 300;
export const TEST_EXAMPLES = 100;

/** Attack of a tiny run, in training and in evaluation. */
export const attack = { epsilon: 0.2, stepSize: 0.1, steps: 2 };

/** Trains slower than {@link tinyResnet}, and better than chance within three epochs. */
export const smallCnn = { architecture: 'small-cnn', dropout: 0 };
/** The smallest network there is. */
export const tinyResnet = { architecture: 'resnet', depth: 8, width: 2 };

/** Some real digits. */
export const digits = { name: 'mnist', trainExamples: EXAMPLES, testExamples: TEST_EXAMPLES };

/** An objective under the tiny attack. */
export const objective = (kind: ObjectiveKind) => ({ kind, attack });

/** A run of three epochs of TRADES on a few digits, all of them kept, unless `changes` say otherwise. */
export function tinySpec(changes: SpecInit = {}): MessageShape<typeof RunSpecSchema> {
  const spec: SpecInit = {
    name: 'tiny',
    dataset: digits,
    model: tinyResnet,
    objective: objective(ObjectiveKind.TRADES),
    optimiser: { learningRate: 0.05, momentum: 0.9, weightDecay: 5e-4, schedule: Schedule.COSINE },
    epochs: 3,
    batchSize: 50,
    seed: 7n,
    evaluation: { attack },
  };
  return create(RunSpecSchema, { ...spec, ...changes } as MessageInitShape<typeof RunSpecSchema>);
}

/** The same digits and objective as a target of scoring; without a checkpoint the weights are drawn from the seed. */
export function tinyTarget(changes: TargetInit = {}): MessageShape<typeof ScoringTargetSchema> {
  const target: TargetInit = {
    dataset: digits,
    model: tinyResnet,
    objective: objective(ObjectiveKind.TRADES),
    seed: 7n,
  };
  return create(ScoringTargetSchema, { ...target, ...changes } as MessageInitShape<typeof ScoringTargetSchema>);
}
