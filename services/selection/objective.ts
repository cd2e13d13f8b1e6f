import { ObjectiveKind } from '../../proto/gen/winnow/v1/objective_pb.ts';
import { klDivergence, logComplement, type Prediction, runnerUp } from './predictions.ts';

/** The outer loss whose value and gradient rank examples: the run's own objective. */
export interface GradientObjective {
  readonly kind: ObjectiveKind;
  /** TRADES' weight of KL(p‖q); not read by the others. */
  readonly beta: number;
  /** MART's weight of KL(p‖q)(1 − p_y); not read by the others. */
  readonly lambda: number;
}

/** Whether the objective's loss reads the clean prediction p as well as the adversarial one. */
export function readsClean(kind: ObjectiveKind): boolean {
  return kind !== ObjectiveKind.AT;
}

/**
 * The outer loss of one example with clean prediction p and adversarial prediction q.
 * AT: CE(q, y). TRADES: CE(p, y) + beta KL(p‖q). MART: BCE(q, y) + lambda KL(p‖q)(1 − p_y) with
 * BCE = −log q_y − log(1 − max_{k≠y} q_k). Nothing is clamped: every logarithm comes from the logits and is finite.
 */
export function outerLoss(objective: GradientObjective, p: Prediction, q: Prediction, label: number): number {
  switch (objective.kind) {
    case ObjectiveKind.AT:
      return -q.log[label];
    case ObjectiveKind.TRADES:
      return -p.log[label] + objective.beta * klDivergence(p, q);
    case ObjectiveKind.MART:
      return (
        -q.log[label] -
        logComplement(q, runnerUp(q, label)) +
        objective.lambda * klDivergence(p, q) * Math.exp(logComplement(p, label))
      );
    default:
      throw unknownObjective(objective.kind);
  }
}

/**
 * The derivative of `outerLoss` by the clean logits z, written to `clean`, and by the adversarial logits z', written
 * to `adversarial`, C numbers each. The gradient flows through p and q everywhere, also through TRADES' target p and
 * MART's weight 1 − p_y. AT leaves `clean` as it is.
 */
export function outerLossGradient(
  objective: GradientObjective,
  p: Prediction,
  q: Prediction,
  label: number,
  clean: Float32Array,
  adversarial: Float32Array,
): void {
  switch (objective.kind) {
    case ObjectiveKind.AT:
      crossEntropyGradient(q, label, adversarial);
      break;
    case ObjectiveKind.TRADES:
      tradesGradient(objective.beta, p, q, label, clean, adversarial);
      break;
    case ObjectiveKind.MART:
      martGradient(objective.lambda, p, q, label, clean, adversarial);
      break;
    default:
      throw unknownObjective(objective.kind);
  }
}

/** q − y. */
function crossEntropyGradient(q: Prediction, label: number, out: Float32Array): void {
  out.set(q.probability);
  out[label] = q.probability[label] - 1;
}

/** Clean: (p − y) + beta·p∘(log p − log q − KL). Adversarial: beta·(q − p). */
function tradesGradient(
  beta: number,
  p: Prediction,
  q: Prediction,
  label: number,
  clean: Float32Array,
  adversarial: Float32Array,
): void {
  const kl = klDivergence(p, q);
  for (let c = 0; c < clean.length; c += 1) {
    const target = c === label ? 1 : 0;
    clean[c] = p.probability[c] - target + beta * p.probability[c] * (p.log[c] - q.log[c] - kl);
    adversarial[c] = beta * (q.probability[c] - p.probability[c]);
  }
}

/**
 * Clean: lambda·[(1 − p_y)·p∘(log p − log q − KL) − KL·p_y·(δ_y − p)].
 * Adversarial: (q − y) + q_m/(1 − q_m)·(δ_m − q) + lambda·(1 − p_y)·(q − p), m = argmax_{k≠y} q_k.
 * The middle term is written q_m·(δ_m − r), r the softmax without class m: the same number, with no division by a
 * 1 − q_m that rounds to 0.
 */
function martGradient(
  lambda: number,
  p: Prediction,
  q: Prediction,
  label: number,
  clean: Float32Array,
  adversarial: Float32Array,
): void {
  const kl = klDivergence(p, q);
  const doubt = Math.exp(logComplement(p, label));
  const m = runnerUp(q, label);
  const logOthers = logComplement(q, m);
  for (let c = 0; c < clean.length; c += 1) {
    const target = c === label ? 1 : 0;
    const throughKl = doubt * p.probability[c] * (p.log[c] - q.log[c] - kl);
    const throughWeight = kl * p.probability[label] * (target - p.probability[c]);
    const margin = q.probability[m] * (c === m ? 1 : -Math.exp(q.log[c] - logOthers));
    clean[c] = lambda * (throughKl - throughWeight);
    adversarial[c] = q.probability[c] - target + margin + lambda * doubt * (q.probability[c] - p.probability[c]);
  }
}

function unknownObjective(kind: ObjectiveKind): RangeError {
  return new RangeError(`objective ${kind} has no loss here; AT, TRADES and MART do`);
}
