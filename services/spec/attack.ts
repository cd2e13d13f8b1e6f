import { create } from '@bufbuild/protobuf';
import { AttackLoss, type AttackSpec, AttackSpecSchema, AttackStart } from '../../proto/gen/winnow/v1/objective_pb.ts';
import { invalidField } from '../app-error.ts';

/** Most steps and restarts of one attack; beyond them a request would hold the device for days. */
const MAX_STEPS = 1000;
const MAX_RESTARTS = 100;

/** Step size of a default evaluation as a share of the radius: ten steps reach across the ball and back. */
const DEFAULT_STEP_SHARE = 1 / 4;
const DEFAULT_STEPS = 10;

const LOSSES: readonly AttackLoss[] = [AttackLoss.CROSS_ENTROPY, AttackLoss.KL];
const STARTS: readonly AttackStart[] = [AttackStart.UNIFORM, AttackStart.GAUSSIAN];

function checkBudget(attack: AttackSpec, field: string): void {
  const { epsilon, stepSize, steps } = attack;
  if (!(epsilon >= 0 && epsilon <= 1)) {
    throw invalidField(
      `${field}.epsilon`,
      `${epsilon} is not in [0, 1]; pixels are scaled to [0, 1], so 8/255 is 0.0314`,
    );
  }
  if (steps > MAX_STEPS) throw invalidField(`${field}.steps`, `${steps} is more than ${MAX_STEPS}`);
  if (!(stepSize >= 0 && stepSize <= 1) || (steps > 0 && stepSize === 0)) {
    throw invalidField(`${field}.step_size`, `${stepSize} is not in (0, 1]; a quarter of epsilon is usual`);
  }
}

/** The attack of training or scoring: radius, step size, steps. INVALID_FIELD names the field below `field`. */
export function resolveTrainingAttack(attack: AttackSpec | undefined, field: string): AttackSpec {
  if (!attack) throw invalidField(field, 'is missing; give epsilon, step_size and steps');
  checkBudget(attack, field);
  const { loss, start, restarts } = attack;
  if (loss !== AttackLoss.UNSPECIFIED)
    throw invalidField(`${field}.loss`, 'follows from the objective; leave it unset');
  if (start !== AttackStart.UNSPECIFIED)
    throw invalidField(`${field}.start`, 'follows from the objective; leave it unset');
  if (restarts > 1) throw invalidField(`${field}.restarts`, 'is for evaluations; leave it unset');
  return attack;
}

/** The attack of an evaluation, defaults filled in: PGD-10 on cross-entropy at `epsilon`, uniform start, where none is given. */
export function resolveEvaluationAttack(attack: AttackSpec | undefined, field: string, epsilon?: number): AttackSpec {
  if (!attack) {
    if (epsilon === undefined) throw invalidField(field, 'is missing; give epsilon, step_size and steps');
    const stepSize = epsilon * DEFAULT_STEP_SHARE;
    return resolveEvaluationAttack(
      create(AttackSpecSchema, { epsilon, stepSize, steps: stepSize > 0 ? DEFAULT_STEPS : 0 }),
      field,
    );
  }
  checkBudget(attack, field);
  if (attack.restarts > MAX_RESTARTS)
    throw invalidField(`${field}.restarts`, `${attack.restarts} is more than ${MAX_RESTARTS}`);
  const loss = attack.loss || AttackLoss.CROSS_ENTROPY;
  if (!LOSSES.includes(loss))
    throw invalidField(`${field}.loss`, 'is not known; one of ATTACK_LOSS_CROSS_ENTROPY, _KL');
  const start = attack.start || AttackStart.UNIFORM;
  if (!STARTS.includes(start))
    throw invalidField(`${field}.start`, 'is not known; one of ATTACK_START_UNIFORM, _GAUSSIAN');
  return create(AttackSpecSchema, {
    epsilon: attack.epsilon,
    stepSize: attack.stepSize,
    steps: attack.steps,
    loss,
    start,
    restarts: attack.restarts || 1,
  });
}

/** An evaluation attack in words: "PGD-10", "PGD-50 x10" with restarts, "random start" without steps. */
export function attackName({ steps, restarts }: AttackSpec): string {
  if (steps === 0) return 'random start';
  return restarts > 1 ? `PGD-${steps} x${restarts}` : `PGD-${steps}`;
}
