import { create } from '@bufbuild/protobuf';
import { AttackPolicyKind } from '../../proto/gen/winnow/v1/attack_policy_pb.ts';
import {
  type EvaluationSpec,
  EvaluationSpecSchema,
  type OptimiserSpec,
  type RunSpec,
  RunSpecSchema,
  Schedule,
} from '../../proto/gen/winnow/v1/run_pb.ts';
import type { ScorerDescription } from '../../proto/gen/winnow/v1/scorer_service_pb.ts';
import { invalidField } from '../app-error.ts';
import { resolveEvaluationAttack } from './attack.ts';
import { resolveAttackPolicy } from './attack-policy.ts';
import { resolveModel } from './model.ts';
import { resolveObjective } from './objective.ts';
import { resolvePrecision } from './precision.ts';
import { resolveSelection } from './selection.ts';

const DEFAULT_BATCH_SIZE = 128;
const MAX_BATCH_SIZE = 4096;

/** More epochs than any published robust training needs; beyond it a request is a slip. */
const MAX_EPOCHS = 10_000;

/** Longest name that is kept: it ends up in logs, spans and file names. */
const MAX_NAME_LENGTH = 200;

const DEFAULT_PROGRESS_EXAMPLES = 500;

const SCHEDULES: readonly Schedule[] = [Schedule.CONSTANT, Schedule.COSINE, Schedule.STEP];

function resolveOptimiser(optimiser: OptimiserSpec | undefined, field: string): OptimiserSpec {
  if (!optimiser) throw invalidField(field, 'is missing; give learning_rate, momentum and weight_decay');
  const { learningRate, momentum, weightDecay } = optimiser;
  if (!(learningRate > 0 && Number.isFinite(learningRate))) {
    throw invalidField(`${field}.learning_rate`, `${learningRate} is not a finite number above 0`);
  }
  if (!(momentum >= 0 && momentum < 1)) throw invalidField(`${field}.momentum`, `${momentum} is not in [0, 1)`);
  if (!(weightDecay >= 0 && Number.isFinite(weightDecay))) {
    throw invalidField(`${field}.weight_decay`, `${weightDecay} is not a finite number of at least 0`);
  }
  const schedule = optimiser.schedule || Schedule.CONSTANT;
  if (!SCHEDULES.includes(schedule))
    throw invalidField(`${field}.schedule`, 'is not known; one of SCHEDULE_CONSTANT, _COSINE, _STEP');
  return { ...optimiser, schedule };
}

function resolveEvaluation(evaluation: EvaluationSpec | undefined, epsilon: number, field: string): EvaluationSpec {
  return create(EvaluationSpecSchema, {
    ...(evaluation ?? create(EvaluationSpecSchema)),
    attack: resolveEvaluationAttack(evaluation?.attack, `${field}.attack`, epsilon),
    progressExamples: evaluation?.progressExamples || DEFAULT_PROGRESS_EXAMPLES,
  });
}

/**
 * A run's settings with every default filled in, so that the record says all that decided the result.
 * Data set and images are not looked at. `services` are the scorers that run as services. UNKNOWN_MODEL, UNKNOWN_SCORER,
 * or INVALID_FIELD naming the field.
 */
export function resolveRun(spec: RunSpec | undefined, services: readonly ScorerDescription[] = []): RunSpec {
  if (!spec) throw invalidField('spec', 'is missing');
  if (spec.name.length > MAX_NAME_LENGTH)
    throw invalidField('spec.name', `is longer than ${MAX_NAME_LENGTH} characters`);
  if (!spec.dataset) throw invalidField('spec.dataset', 'is missing; give its name');
  if (spec.epochs < 1 || spec.epochs > MAX_EPOCHS)
    throw invalidField('spec.epochs', `${spec.epochs} is not in [1, ${MAX_EPOCHS}]`);
  if (spec.batchSize > MAX_BATCH_SIZE)
    throw invalidField('spec.batch_size', `${spec.batchSize} is not in [1, ${MAX_BATCH_SIZE}]`);
  const objective = resolveObjective(spec.objective, 'spec.objective');
  if (spec.selection && spec.selection.warmStartEpochs >= spec.epochs) {
    const { warmStartEpochs } = spec.selection;
    throw invalidField(
      'spec.selection.warm_start_epochs',
      `${warmStartEpochs} is not below epochs (${spec.epochs}); nothing would be pruned`,
    );
  }
  const attackPolicy = resolveAttackPolicy(spec.attackPolicy, objective.attack!, 'spec.attack_policy');
  if (spec.selection?.reuseTrainingSignals && attackPolicy.kind === AttackPolicyKind.BULLET_TRAIN) {
    throw invalidField(
      'spec.selection.reuse_training_signals',
      'does not go with BULLET_TRAIN, which leaves most examples without the attack that scores are made under',
    );
  }
  return create(RunSpecSchema, {
    name: spec.name,
    dataset: spec.dataset,
    model: resolveModel(spec.model, 'spec.model'),
    objective,
    ...(spec.selection && { selection: resolveSelection(spec.selection, 'spec.selection', services) }),
    optimiser: resolveOptimiser(spec.optimiser, 'spec.optimiser'),
    epochs: spec.epochs,
    batchSize: spec.batchSize || DEFAULT_BATCH_SIZE,
    seed: spec.seed,
    precision: resolvePrecision(spec.precision, 'spec.precision'),
    evaluation: resolveEvaluation(spec.evaluation, objective.attack!.epsilon, 'spec.evaluation'),
    ...(spec.augment !== undefined && { augment: spec.augment }),
    attackPolicy,
  });
}
