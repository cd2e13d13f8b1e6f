/** A row of class probabilities with their logarithms, in float64. */
export interface Prediction {
  /** log p, C values; finite for finite logits, also where p itself underflows to 0. */
  readonly log: Float64Array;
  /** p, C values that sum to 1. */
  readonly probability: Float64Array;
}

/** Room for a prediction over `classes` classes. */
export function emptyPrediction(classes: number): Prediction {
  return { log: new Float64Array(classes), probability: new Float64Array(classes) };
}

/** Softmax of row `row` of an N x C matrix of logits, written into `out`; stable through the log-sum-exp shift. */
export function predict(logits: Float32Array, row: number, out: Prediction): void {
  const classes = out.log.length;
  const start = row * classes;
  for (let c = 0; c < classes; c += 1) out.log[c] = logits[start + c];
  const normaliser = logSumExp(out.log, -1);
  for (let c = 0; c < classes; c += 1) {
    out.log[c] -= normaliser;
    out.probability[c] = Math.exp(out.log[c]);
  }
}

/** KL(p‖q) = Σ p (log p − log q), at least 0. */
export function klDivergence(p: Prediction, q: Prediction): number {
  let sum = 0;
  for (let c = 0; c < p.log.length; c += 1) sum += p.probability[c] * (p.log[c] - q.log[c]);
  return Math.max(0, sum);
}

/** The likeliest class other than `label`: argmax over k ≠ y of q_k, the lower one in a tie. */
export function runnerUp(q: Prediction, label: number): number {
  let best = label === 0 ? 1 : 0;
  for (let c = best + 1; c < q.log.length; c += 1) {
    if (c !== label && q.log[c] > q.log[best]) best = c;
  }
  return best;
}

/** log(1 − q_m), as the log-sum-exp of the other classes: exact also where q_m rounds to 1. */
export function logComplement(q: Prediction, m: number): number {
  return logSumExp(q.log, m);
}

/** log Σ exp(values), leaving out position `without` (−1 for none). */
function logSumExp(values: Float64Array, without: number): number {
  let largest = -Infinity;
  for (let i = 0; i < values.length; i += 1) if (i !== without) largest = Math.max(largest, values[i]);
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) if (i !== without) sum += Math.exp(values[i] - largest);
  return largest + Math.log(sum);
}
