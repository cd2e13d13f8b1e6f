import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { AttackPolicyKind } from '../../../proto/gen/winnow/v1/attack_policy_pb.ts';
import type { DatasetSpecSchema } from '../../../proto/gen/winnow/v1/dataset_pb.ts';
import { type ModelSpecSchema, Precision } from '../../../proto/gen/winnow/v1/model_pb.ts';
import {
  type AttackSpecSchema,
  ObjectiveKind,
  type ObjectiveSpecSchema,
} from '../../../proto/gen/winnow/v1/objective_pb.ts';
import {
  type EvaluationSpecSchema,
  type RunSpec,
  RunSpecSchema,
  Schedule,
} from '../../../proto/gen/winnow/v1/run_pb.ts';
import { ScorerFallback, type SelectionSpecSchema } from '../../../proto/gen/winnow/v1/selection_pb.ts';
import type { RunSettings } from './run-settings.ts';

const objectiveKinds = {
  at: ObjectiveKind.AT,
  'fast-at': ObjectiveKind.AT,
  trades: ObjectiveKind.TRADES,
  mart: ObjectiveKind.MART,
};
const fallbacks = {
  none: ScorerFallback.UNSPECIFIED,
  'last-set': ScorerFallback.LAST_SET,
  random: ScorerFallback.RANDOM,
};
const attackPolicies = { fixed: AttackPolicyKind.FIXED, 'bullet-train': AttackPolicyKind.BULLET_TRAIN };
const precisions = { f32: Precision.F32, bf16: Precision.BF16 };
const schedules = { constant: Schedule.CONSTANT, cosine: Schedule.COSINE, step: Schedule.STEP };
/** As the contract says of evaluations: steps of a quarter of the radius. */
export const EVALUATION_STEPS_PER_RADIUS = 4;

/** A run's request from its settings; without a scorer it trains on the full data. */
export function runSpec(
  settings: RunSettings,
  { name, seed, scorer }: { name: string; seed: number; scorer?: string | undefined },
): RunSpec {
  return create(RunSpecSchema, {
    name,
    seed: BigInt(seed),
    dataset: datasetSpec(settings),
    model: modelSpec(settings),
    objective: objectiveSpec(settings),
    ...(scorer !== undefined && { selection: selectionSpec(settings, scorer) }),
    optimiser: {
      learningRate: settings.learningRate,
      momentum: settings.momentum,
      weightDecay: settings.weightDecay,
      schedule: schedules[settings.schedule],
      warmupUpdates: settings.warmupUpdates,
    },
    epochs: settings.epochs,
    batchSize: settings.batchSize,
    evaluation: evaluationSpec(settings),
    ...(settings.augment !== undefined && { augment: settings.augment }),
    attackPolicy: { kind: attackPolicies[settings.attackPolicy] },
    ...(settings.precision !== undefined && { precision: precisions[settings.precision] }),
  });
}

/** The data set of a request. */
export function datasetSpec(settings: RunSettings): MessageInitShape<typeof DatasetSpecSchema> {
  return {
    name: settings.dataset,
    trainExamples: settings.trainExamples,
    validationExamples: settings.validationExamples,
    testExamples: settings.testExamples,
  };
}

/** The model of a request. */
export function modelSpec(settings: RunSettings): MessageInitShape<typeof ModelSpecSchema> {
  return {
    architecture: settings.model,
    ...(settings.depth !== undefined && { depth: settings.depth }),
    ...(settings.width !== undefined && { width: settings.width }),
    ...(settings.dropout !== undefined && { dropout: settings.dropout }),
  };
}

/** The objective of a request, with its training attack; beta and lambda go only where they belong. */
export function objectiveSpec(settings: RunSettings): MessageInitShape<typeof ObjectiveSpecSchema> {
  return {
    kind: objectiveKinds[settings.objective],
    ...(settings.objective === 'trades' && settings.beta !== undefined && { beta: settings.beta }),
    ...(settings.objective === 'mart' && settings.lambda !== undefined && { lambda: settings.lambda }),
    attack: { epsilon: settings.epsilon, stepSize: settings.stepSize, steps: settings.steps },
  };
}

/** The selection of a request. */
export function selectionSpec(settings: RunSettings, scorer: string): MessageInitShape<typeof SelectionSpecSchema> {
  return {
    scorer,
    parameters: { ...settings.scorerParameter },
    fraction: settings.fraction,
    everyEpochs: settings.selectEvery,
    warmStartEpochs: settings.warmStart,
    maxStalenessEpochs: settings.maxStaleness,
    classFloor: settings.classFloor,
    ...(settings.fallback && { fallback: fallbacks[settings.fallback] }),
    ...(settings.reuseSignals && { reuseTrainingSignals: true }),
    ...(settings.scoreSteps !== undefined && { attack: scoringAttack(settings, settings.scoreSteps) }),
  };
}

/** A scoring attack of fewer steps: each as much longer, so that together they reach as far as the training attack's. */
function scoringAttack(settings: RunSettings, steps: number): MessageInitShape<typeof AttackSpecSchema> {
  const { epsilon, stepSize } = settings;
  const reach = (stepSize * settings.steps) / Math.max(1, steps);
  return { epsilon, steps, stepSize: settings.scoreStepSize ?? Math.min(reach, 2 * epsilon, 1) };
}

/** The attack that accuracy is measured under. */
export function evaluationAttack(settings: RunSettings): MessageInitShape<typeof AttackSpecSchema> {
  const epsilon = settings.evalEpsilon ?? settings.epsilon;
  return {
    epsilon,
    stepSize: settings.evalStepSize ?? epsilon / EVALUATION_STEPS_PER_RADIUS,
    steps: settings.evalSteps,
    restarts: settings.evalRestarts,
  };
}

function evaluationSpec(settings: RunSettings): MessageInitShape<typeof EvaluationSpecSchema> {
  return {
    attack: evaluationAttack(settings),
    examples: settings.evalExamples,
    everyEpochs: settings.evalEvery,
    progressExamples: settings.evalProgressExamples,
  };
}
