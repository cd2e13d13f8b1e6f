import { classCounts, classFloors } from './balance.ts';
import { checkCancelled } from './cancellation.ts';
import { innerProducts, totalGradient } from './dense-products.ts';
import { FloorLedger } from './floor-ledger.ts';
import type { GradientSource } from './gradient-source.ts';
import type { RankOneGradients } from './gradients.ts';
import { gradientAfterStep } from './last-layer-step.ts';
import { type MatMul, plainMatMul } from './matmul.ts';
import type { GradientObjective } from './objective.ts';
import { raiseKept } from './raise-kept.ts';
import { relativeResidual } from './residual.ts';
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
  readonly matMul?: MatMul;
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
 * θ is the last layer, so that the refresh is exact, and the gradients g stay those at θ, as in the paper. They are
 * taken in blocks, anew in every round. From 64 classes on, sums and inner products are float32 matrix products, so that
 * gains within about 1e-6 of each other may change places. @throws AppError CANCELLED.
 */
export async function selectGlister(
  gradients: GradientSource,
  labels: Uint16Array,
  validation: ExampleSignals,
  options: GlisterOptions,
): Promise<GlisterResult> {
  const { examples, classes } = gradients;
  const { objective, k, rounds, classFloor, matMul = plainMatMul, signal, onProgress } = options;
  if (k < 1 || k > examples) throw new RangeError(`k is ${k}; 1 to ${examples} is possible`);
  checkAlike(gradients, validation);
  const scale = stepScale(gradients, k, options.eta);
  let chosenSum: Float64Array = new Float64Array(classes * (gradients.features + 1));
  const ledger = new FloorLedger(classFloors(classCounts(labels, classes), k, classFloor), k);
  const kept = new Uint8Array(examples);
  const scores = new Float64Array(examples);
  for (let round = 1, chosen = 0; chosen < k; round += 1) {
    const step = chosenSum.map((value) => scale * value);
    const slope = await gradientAfterStep(validation, objective, step, matMul);
    for (const { indices, block } of blocks(gradients)) {
      await checkCancelled(signal);
      const gains = await innerProducts(block, slope, matMul);
      indices.forEach((index, i) => {
        if (kept[index] === 0) scores[index] = gains[i];
      });
    }
    const wanted = Math.ceil((round * k) / Math.min(rounds, k)) - chosen;
    const picks = takeBest(scores, labels, kept, ledger, wanted);
    chosenSum = await addSum(chosenSum, gradients, picks, matMul);
    chosen += picks.length;
    onProgress?.(Math.floor((examples * chosen) / k), examples);
  }
  const indices = indicesWhere(kept, 1);
  const total = await addSum(new Float64Array(chosenSum.length), gradients, undefined, matMul);
  const residual = relativeResidual(norm(chosenSum.map((value, j) => (value * examples) / k - total[j])), norm(total));
  return { indices, residual, scores: raiseKept(scores, indices, labels, classes) };
}

/** Examples whose gradients are made at once: some tens of MiB at 1,000 classes. */
const BLOCK = 2048;

/** The gradients of the given examples, all where left out, some at a time. */
function* blocks(
  gradients: GradientSource,
  chosen?: Uint32Array,
): Generator<{ indices: Uint32Array; block: RankOneGradients }> {
  const count = chosen?.length ?? gradients.examples;
  for (let first = 0; first < count; first += BLOCK) {
    const size = Math.min(BLOCK, count - first);
    const indices = chosen?.subarray(first, first + size) ?? Uint32Array.from({ length: size }, (_, i) => first + i);
    yield { indices, block: gradients.take(indices) };
  }
}

/** sum + Σ g_i over the given examples, all where left out. */
async function addSum(
  sum: Float64Array,
  gradients: GradientSource,
  chosen: Uint32Array | undefined,
  matMul: MatMul,
): Promise<Float64Array> {
  const added = sum.slice();
  for (const { block } of blocks(gradients, chosen)) {
    const part = await totalGradient(block, matMul);
    for (let j = 0; j < added.length; j += 1) added[j] += part[j];
  }
  return added;
}

/**
 * η = eta·C / (k·mean(‖h'‖² + 1)): all of S together step by eta·C times its mean gradient, divided by how far a step
 * along an example's own gradient moves its own logits. As a class has about 1/C of S, at eta = 1 the step moves the
 * logits of a typical example by about the mean error of its class; k, C and the scale of the features don't matter.
 */
export function stepScale(gradients: GradientSource, k: number, eta: number): number {
  let squares = 0;
  for (const { block } of blocks(gradients)) {
    const { features } = block.terms[block.terms.length - 1];
    squares = features.reduce((sum, value) => sum + value * value, squares);
  }
  return (eta * gradients.classes) / (k * (squares / gradients.examples + 1));
}

/** The examples of highest gain, of those not kept, that the floors allow; they are kept then. In ascending order. */
function takeBest(
  gains: Float64Array,
  labels: Uint16Array,
  kept: Uint8Array,
  ledger: FloorLedger,
  wanted: number,
): Uint32Array {
  const order = indicesWhere(kept, 0).sort((a, b) => gains[b] - gains[a] || a - b);
  const picks = new Uint32Array(wanted);
  let count = 0;
  for (let i = 0; count < wanted; i += 1) {
    if (!ledger.take(labels[order[i]])) continue;
    picks[count] = order[i];
    count += 1;
    kept[order[i]] = 1;
  }
  return picks.sort();
}

function indicesWhere(flags: Uint8Array, value: number): Uint32Array {
  return Uint32Array.from(flags, (_, i) => i).filter((i) => flags[i] === value);
}

function norm(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

function checkAlike(signals: GradientSource, validation: ExampleSignals): void {
  if (validation.classes !== signals.classes || validation.features !== signals.features) {
    throw new RangeError(
      `the validation signals have ${validation.classes} classes and ${validation.features} features, the training ` +
        `signals ${signals.classes} and ${signals.features}`,
    );
  }
}
