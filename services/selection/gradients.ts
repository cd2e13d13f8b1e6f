import type { MatMul } from './matmul.ts';
import { plainMatMul } from './matmul.ts';
import { type GradientObjective, outerLossGradient, readsClean } from './objective.ts';
import { emptyPrediction, predict } from './predictions.ts';
import type { ExampleSignals } from './signals.ts';
import { takeRows } from './take-rows.ts';

/** One rank-one part of every example's gradient: errors e (N x C) outer [h;1] with features h (N x d). */
export interface RankOneTerm {
  readonly errors: Float32Array;
  readonly features: Float32Array;
}

/**
 * The gradients of N examples' losses by the last layer (W, b): g_i = Σ_a e_i^a ⊗ [h_i^a; 1], C x (d+1) numbers each,
 * never written out. AT has one term; TRADES and MART have two, clean then adversarial.
 */
export interface RankOneGradients {
  readonly examples: number;
  readonly classes: number;
  readonly features: number;
  readonly terms: readonly RankOneTerm[];
}

/**
 * The last-layer gradients of `objective` at the measured logits; features are shared with `signals`, not copied.
 * Takes N·C float32 of memory per term. @throws RangeError where a signal that the objective reads is missing.
 */
export function rankOneGradients(signals: ExampleSignals, objective: GradientObjective): RankOneGradients {
  const { examples, classes, features } = signals;
  const twoTerms = readsClean(objective.kind);
  const { cleanLogits, cleanFeatures } = signals;
  if (twoTerms && (cleanLogits === undefined || cleanFeatures === undefined)) {
    throw new RangeError('TRADES and MART gradients need clean logits and features');
  }
  const clean = new Float32Array(twoTerms ? examples * classes : 0);
  const adversarial = new Float32Array(examples * classes);
  const p = emptyPrediction(classes);
  const q = emptyPrediction(classes);
  for (let i = 0; i < examples; i += 1) {
    const [from, to] = [i * classes, (i + 1) * classes];
    if (twoTerms) predict(cleanLogits!, i, p);
    predict(signals.adversarialLogits, i, q);
    const label = signals.labels[i];
    outerLossGradient(objective, p, q, label, clean.subarray(from, to), adversarial.subarray(from, to));
  }
  const terms: RankOneTerm[] = [{ errors: adversarial, features: signals.adversarialFeatures }];
  if (twoTerms) terms.unshift({ errors: clean, features: cleanFeatures! });
  return { examples, classes, features, terms };
}

/** The gradients of the given examples only, copied, in the given order. */
export function takeExamples(gradients: RankOneGradients, indices: Uint32Array): RankOneGradients {
  const terms = gradients.terms.map((term) => ({
    errors: takeRows(term.errors, gradients.classes, indices),
    features: takeRows(term.features, gradients.features, indices),
  }));
  return { ...gradients, examples: indices.length, terms };
}

/**
 * Inner products of the examples `rows` with the examples `columns` (all where left out), row-major, rows x columns:
 * <g_i, g_j> = Σ_{a,b} (e_i^a·e_j^b)(h_i^a·h_j^b + 1), a Hadamard product of two small matrix products.
 * Holds 1 + 2·terms float32 per entry while it works, the result included.
 */
export async function gramBlock(
  gradients: RankOneGradients,
  rows: Uint32Array,
  columns?: Uint32Array,
  matMul: MatMul = plainMatMul,
): Promise<Float32Array> {
  const { classes, features } = gradients;
  const others = columns === undefined ? gradients : takeExamples(gradients, columns);
  const gram = new Float32Array(rows.length * others.examples);
  const stacked = stackTerms(takeExamples(gradients, rows));
  const height = rows.length * gradients.terms.length;
  for (const term of others.terms) {
    const errorProducts = await matMul(stacked.errors, height, classes, term.errors, others.examples);
    const inputProducts = await matMul(stacked.features, height, features, term.features, others.examples);
    addHadamard(gram, errorProducts, inputProducts);
  }
  return gram;
}

/** Σ w_i g_i over the given examples (all where left out; weights 1 where left out), C x (d+1), bias last. */
export function sumGradient(
  gradients: RankOneGradients,
  indices?: Uint32Array,
  weights?: ArrayLike<number>,
): Float64Array {
  const { classes, features } = gradients;
  const sum = new Float64Array(classes * (features + 1));
  const count = indices?.length ?? gradients.examples;
  for (const term of gradients.terms) {
    for (let i = 0; i < count; i += 1) addOuter(sum, term, indices?.[i] ?? i, weights?.[i] ?? 1, classes, features);
  }
  return sum;
}

/** <g_i, D> of every example with one dense gradient D, C x (d+1) as from `sumGradient`; N·C·d multiplications a term. */
export function innerWithDense(gradients: RankOneGradients, dense: Float64Array): Float64Array {
  const { examples, classes, features } = gradients;
  const products = new Float64Array(examples);
  for (const term of gradients.terms) {
    for (let i = 0; i < examples; i += 1) products[i] += innerWithOuter(dense, term, i, classes, features);
  }
  return products;
}

/** ‖g_i‖² of every example. */
export function squaredNorms(gradients: RankOneGradients): Float64Array {
  const { examples, classes, features, terms } = gradients;
  const norms = new Float64Array(examples);
  for (const first of terms) {
    for (const second of terms) {
      for (let i = 0; i < examples; i += 1) {
        const errors = rowProduct(first.errors, second.errors, i, classes);
        norms[i] += errors * (rowProduct(first.features, second.features, i, features) + 1);
      }
    }
  }
  // Two terms that cancel may leave a rounding error below 0.
  return norms.map((norm) => Math.max(0, norm));
}

function addHadamard(gram: Float32Array, errorProducts: Float32Array, inputProducts: Float32Array): void {
  const size = gram.length;
  for (let start = 0; start < errorProducts.length; start += size) {
    for (let i = 0; i < size; i += 1) gram[i] += errorProducts[start + i] * (inputProducts[start + i] + 1);
  }
}

/** sum += weight · e_i ⊗ [h_i; 1]. */
function addOuter(
  sum: Float64Array,
  term: RankOneTerm,
  i: number,
  weight: number,
  classes: number,
  features: number,
): void {
  const { errors, features: inputs } = term;
  const input = i * features;
  for (let c = 0; c < classes; c += 1) {
    const scale = weight * errors[i * classes + c];
    if (scale === 0) continue;
    const row = c * (features + 1);
    for (let j = 0; j < features; j += 1) sum[row + j] += scale * inputs[input + j];
    sum[row + features] += scale;
  }
}

/** <e_i ⊗ [h_i; 1], dense>. */
function innerWithOuter(dense: Float64Array, term: RankOneTerm, i: number, classes: number, features: number): number {
  const { errors, features: inputs } = term;
  const input = i * features;
  let product = 0;
  for (let c = 0; c < classes; c += 1) {
    const row = c * (features + 1);
    let even = dense[row + features];
    let odd = 0;
    let j = 0;
    for (; j + 1 < features; j += 2) {
      even += dense[row + j] * inputs[input + j];
      odd += dense[row + j + 1] * inputs[input + j + 1];
    }
    if (j < features) even += dense[row + j] * inputs[input + j];
    product += errors[i * classes + c] * (even + odd);
  }
  return product;
}

function rowProduct(a: Float32Array, b: Float32Array, row: number, width: number): number {
  let product = 0;
  for (let j = row * width; j < (row + 1) * width; j += 1) product += a[j] * b[j];
  return product;
}

/** The terms' rows under each other, so that one matrix product serves all of them. */
function stackTerms({ terms }: RankOneGradients): RankOneTerm {
  return {
    errors: concatenate(terms.map((term) => term.errors)),
    features: concatenate(terms.map((term) => term.features)),
  };
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0];
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
