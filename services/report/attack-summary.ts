import type { AttackSpec } from '../../proto/gen/winnow/v1/objective_pb.ts';
import type { Evaluation, RunSpec } from '../../proto/gen/winnow/v1/run_pb.ts';
import { finiteOrNull, formatEpsilon, NOT_MEASURED } from './format.ts';
import type { AttackSummary, RunSummary } from './summary-schema.ts';

/** An attack's exact values, or null where it is unset. */
export function attackSummary(attack: AttackSpec | undefined): AttackSummary | null {
  if (attack === undefined) return null;
  return {
    epsilon: finiteOrNull(attack.epsilon),
    stepSize: finiteOrNull(attack.stepSize),
    steps: attack.steps,
    restarts: Math.max(1, attack.restarts),
  };
}

/** Robust accuracy of a run's final model with the attack that measured it; accuracy null where none was measured. */
export function robustSummary(spec: RunSpec | undefined, result: Evaluation | undefined): RunSummary['robust'] {
  const attack = attackSummary(result?.attack ?? spec?.evaluation?.attack) ?? defaultAttack(spec);
  return {
    ...attack,
    attack: result?.attackName || attackName(attack),
    accuracy: finiteOrNull(result?.robustAccuracy),
    examples: result?.examples ?? null,
  };
}

// EvaluationSpec.attack: "PGD on cross-entropy at the objective's epsilon, 10 steps of a quarter of it, where unset".
function defaultAttack(spec: RunSpec | undefined): AttackSummary {
  const epsilon = finiteOrNull(spec?.objective?.attack?.epsilon);
  return { epsilon, stepSize: epsilon === null ? null : epsilon / 4, steps: 10, restarts: 1 };
}

/** The field's short name: PGD-10, or PGD-50-10 with ten restarts. */
function attackName(attack: AttackSummary): string {
  return attack.restarts > 1 ? `PGD-${attack.steps}-${attack.restarts}` : `PGD-${attack.steps}`;
}

/** An attack in words, exact: "eps 8/255 (0.03137254901960784), 10 steps of 2/255". */
export function describeAttack(attack: AttackSummary | null): string {
  if (attack === null) return NOT_MEASURED;
  const short = formatEpsilon(attack.epsilon);
  const exact = short.includes('/') ? `${short} (${attack.epsilon})` : short;
  const steps = attack.steps === 1 ? '1 step' : `${attack.steps} steps`;
  const restarts = attack.restarts > 1 ? `, ${attack.restarts} restarts` : '';
  return `eps ${exact}, ${steps} of ${formatEpsilon(attack.stepSize)}${restarts}`;
}
