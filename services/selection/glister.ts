import { classCounts, classFloors } from './balance.ts';
import { checkCancelled } from './cancellation.ts';
import { FloorLedger } from './floor-ledger.ts';
import { innerWithDense, type RankOneGradients, rankOneGradients, sumGradient } from './gradients.ts';
import { gradientAfterStep } from './last-layer-step.ts';
import type { GradientObjective } from './objective.ts';
import { subsetResidual } from './quality.ts';
import { raiseKept } from './raise-kept.ts';
import type { ExampleSignals } from './signals.ts';

export interface GlisterOptions {
  readonly objective: GradientObjective;
  /** Examples to keep, 1 to N. */
  readonly k: number;
  readonly classFloor: number;
  /** Rounds, 1 or more: k / rounds examples are taken between two refreshes of the validation gradient. */
  readonly rounds: number;
  /** Size of the step, 0 or more; see `stepScale`. */
  readonly eta: number;
  readonly signal?: AbortSignal | undefined;
  /** Told how many of the N examples have been dealt with. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface GlisterResult {
  /** k indices in ascending order, to be weighted equally. */
  readonly indices: Uint32Array;
  /** ‖N/k·Σ_S g − Σ_D g‖ / ‖Σ_D g‖. */
  readonly residual: number;
  /** Every example's gain when it was taken, or else when the last ones were; see `raiseKept`. */
  readonly scores: Float32Array;
}

/**
 * GLISTER (Killamsetty 2021, greedy with Taylor expansion), both sides under attack: S minimises the validation loss
 * L_V(θ − η Σ_{j∈S} g_j), L_V being the run's own objective in place of the paper's −log-likelihood. Each round takes
 * the examples of highest gain <g_i, ∇L_V(θ − η Σ_{j∈S} g_j)>, the lower index in a tie, as far as class floors allow.
 * θ is the last layer, so that the refresh is exact, and the gradients g stay those at θ, as in the paper.
 * @throws AppError CANCELLED.
 */
export async function selectGlister(
  signals: ExampleSignals,
  validation: ExampleSignals,
  options: GlisterOptions,
): Promise<GlisterResult> {
  const { examples, classes, labels } = signals;
  const { objective, k, rounds, classFloor, signal, onProgress } = options;
  if (k < 1 || k > examples) throw new RangeError(`k is ${k}; 1 to ${examples} is possible`);
  checkAlike(signals, validation);
  const gradients = rankOneGradients(signals, objective);
  const scale = stepScale(gradients, k, options.eta);
  const step = new Float64Array(classes * (signals.features + 1));
  const ledger = new FloorLedger(classFloors(classCounts(labels, classes), k, classFloor), k);
  const open = new Set(labels.keys());
  const chosen: number[] = [];
  const scores = new Float64Array(examples);
  for (let round = 1; chosen.length < k; round += 1) {
    await checkCancelled(signal);
    const gains = innerWithDense(gradients, gradientAfterStep(validation, objective, step));
    for (const index of open) scores[index] = gains[index];
    const wanted = Math.ceil((round * k) / Math.min(rounds, k)) - chosen.length;
    const picks = takeBest(gains, labels, open, ledger, wanted);
    for (const pick of picks) chosen.push(pick);
    addScaled(step, sumGradient(gradients, picks), scale);
    onProgress?.(Math.floor((examples * chosen.length) / k), examples);
  }
  const indices = Uint32Array.from(chosen).sort();
  const residual = subsetResidual(gradients, indices);
  return { indices, residual, scores: raiseKept(scores, indices, labels, classes) };
}

/**
 * η = eta·C / (k·mean(‖h'‖² + 1)): all of S together step by eta·C times its mean gradient, divided by how far a step
 * along an example's own gradient moves its own logits. As a class has about 1/C of S, at eta = 1 the step moves the
 * logits of a typical example by about the mean error of its class; k, C and the scale of the features don't matter.
 */
export function stepScale({ examples, classes, terms }: RankOneGradients, k: number, eta: number): number {
  const { features } = terms[terms.length - 1];
  const squares = features.reduce((sum, value) => sum + value * value, 0);
  return (eta * classes) / (k * (squares / examples + 1));
}

/** The open examples of highest gain that the floors allow; they are no longer open then. */
function takeBest(
  gains: Float64Array,
  labels: Uint16Array,
  open: Set<number>,
  ledger: FloorLedger,
  wanted: number,
): Uint32Array {
  const order = Uint32Array.from(open).sort((a, b) => gains[b] - gains[a] || a - b);
  const picks = new Uint32Array(wanted);
  let count = 0;
  for (let i = 0; count < wanted; i += 1) {
    if (!ledger.take(labels[order[i]])) continue;
    picks[count] = order[i];
    count += 1;
    open.delete(order[i]);
  }
  return picks;
}

function addScaled(sum: Float64Array, values: Float64Array, scale: number): void {
  for (let j = 0; j < sum.length; j += 1) sum[j] += scale * values[j];
}

function checkAlike(signals: ExampleSignals, validation: ExampleSignals): void {
  if (validation.classes !== signals.classes || validation.features !== signals.features) {
    throw new RangeError(
      `the validation signals have ${validation.classes} classes and ${validation.features} features, the training ` +
        `signals ${signals.classes} and ${signals.features}`,
    );
  }
}
