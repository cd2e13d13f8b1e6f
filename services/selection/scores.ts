import { rankOneGradients, squaredNorms } from './gradients.ts';
import { type GradientObjective, outerLoss, readsClean } from './objective.ts';
import { emptyPrediction, predict, runnerUp } from './predictions.ts';
import type { ExampleSignals } from './signals.ts';

/**
 * The objective's outer loss of every attacked example, N values, at least 0; the given losses where there are no logits.
 * @throws RangeError where clean logits are missing that the objective reads.
 */
export function adversarialLoss(signals: ExampleSignals, objective: GradientObjective): Float64Array {
  const { adversarialLogits, adversarialLosses } = signals;
  if (adversarialLogits.length === 0 && adversarialLosses) return Float64Array.from(adversarialLosses);
  const clean = readsClean(objective.kind) ? signals.cleanLogits : undefined;
  if (readsClean(objective.kind) && clean === undefined) throw new RangeError('TRADES and MART need clean logits');
  const p = emptyPrediction(signals.classes);
  const q = emptyPrediction(signals.classes);
  const losses = new Float64Array(signals.examples);
  for (let i = 0; i < losses.length; i += 1) {
    if (clean !== undefined) predict(clean, i, p);
    predict(adversarialLogits, i, q);
    losses[i] = outerLoss(objective, p, q, signals.labels[i]);
  }
  return losses;
}

/** EL2N (Paul 2021) under attack: ‖q − onehot(y)‖₂ of every example, N values in [0, √2]. */
export function el2n(signals: ExampleSignals): Float64Array {
  const q = emptyPrediction(signals.classes);
  const scores = new Float64Array(signals.examples);
  for (let i = 0; i < scores.length; i += 1) {
    predict(signals.adversarialLogits, i, q);
    let squared = 0;
    q.probability.forEach((share, c) => {
      squared += (share - (c === signals.labels[i] ? 1 : 0)) ** 2;
    });
    scores[i] = Math.sqrt(squared);
  }
  return scores;
}

/**
 * The adversarial margin q_y − max_{k≠y} q_k of every example, N values in [−1, 1]; below 0 where the attack succeeds.
 * Where there are no logits, the given margins, which are those of the logits and of any size.
 */
export function adversarialMargin(signals: ExampleSignals): Float64Array {
  const { adversarialLogits, adversarialMargins } = signals;
  if (adversarialLogits.length === 0 && adversarialMargins) return Float64Array.from(adversarialMargins);
  const q = emptyPrediction(signals.classes);
  return Float64Array.from(signals.labels, (label, i) => {
    predict(signals.adversarialLogits, i, q);
    return q.probability[label] - q.probability[runnerUp(q, label)];
  });
}

/**
 * GraNd (Paul 2021) under attack: the norm of every example's last-layer gradient of the objective, N values.
 * @throws RangeError where a signal is missing that the objective reads.
 */
export function gradientNorms(signals: ExampleSignals, objective: GradientObjective): Float64Array {
  return squaredNorms(rankOneGradients(signals, objective)).map(Math.sqrt);
}
