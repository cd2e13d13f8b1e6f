import { innerWithDense, type RankOneGradients, type RankOneTerm, sumGradient } from './gradients.ts';
import type { MatMul } from './matmul.ts';

/**
 * Classes from which on a dense gradient (C x (d+1)) meets examples by matrix products: below, float64 sums take a few
 * hundredths of a second for a thousand examples and are exact; at 1,000 classes they would take a hundred times as long.
 */
const BY_PRODUCTS = 64;

/** Rows summed by one product: float32 sums of so many stay within 1e-6, and blocks are added in float64. */
const BLOCK = 1024;

/** Σ w_i g_i over all of the given examples (weights 1 where left out), C x (d+1), bias last; as `sumGradient`. */
export async function totalGradient(
  gradients: RankOneGradients,
  matMul: MatMul,
  weights?: ArrayLike<number>,
): Promise<Float64Array> {
  const { classes, features, examples } = gradients;
  if (classes < BY_PRODUCTS) return sumGradient(gradients, undefined, weights);
  const total = new Float64Array(classes * (features + 1));
  for (const term of gradients.terms) {
    for (let first = 0; first < examples; first += BLOCK) {
      const rows = { first, count: Math.min(BLOCK, examples - first) };
      const errors = transposed(term.errors, classes, rows, weights);
      const inputs = transposed(term.features, features, rows);
      const block = await matMul(errors, classes, rows.count, inputs, features);
      addBlock(total, block, errors, rows.count, features);
    }
  }
  return total;
}

/** <g_i, D> of every example with one dense gradient D, C x (d+1); as `innerWithDense`. */
export async function innerProducts(
  gradients: RankOneGradients,
  dense: Float64Array,
  matMul: MatMul,
): Promise<Float64Array> {
  const { classes, features, examples } = gradients;
  if (classes < BY_PRODUCTS) return innerWithDense(gradients, dense);
  const layer = split(dense, classes, features);
  const products = new Float64Array(examples);
  for (const term of gradients.terms) {
    for (let first = 0; first < examples; first += BLOCK) {
      const count = Math.min(BLOCK, examples - first);
      const inputs = term.features.subarray(first * features, (first + count) * features);
      addErrorProducts(
        products,
        term,
        await matMul(inputs, count, features, layer.weights, classes),
        layer.bias,
        first,
      );
    }
  }
  return products;
}

/** Inputs of a linear layer, N x d, and its number of classes C. */
export interface LayerInputs {
  readonly inputs: Float32Array;
  readonly examples: number;
  readonly classes: number;
  readonly features: number;
}

/** D [h_i; 1] of every input: what a layer D = (W, b), C x (d+1), makes of them, N x C in float64. */
export async function layerOutputs(
  { inputs, examples, classes, features }: LayerInputs,
  dense: Float64Array,
  matMul: MatMul,
): Promise<Float64Array> {
  const outputs = new Float64Array(examples * classes);
  const layer = classes < BY_PRODUCTS ? undefined : split(dense, classes, features);
  const moved = layer && (await matMul(inputs, examples, features, layer.weights, classes));
  for (let at = 0; at < outputs.length; at += 1) {
    const [i, c] = [Math.floor(at / classes), at % classes];
    outputs[at] = moved
      ? moved[at] + layer!.bias[c]
      : outputOf(dense, c * (features + 1), inputs, i * features, features);
  }
  return outputs;
}

function outputOf(dense: Float64Array, row: number, inputs: Float32Array, input: number, features: number): number {
  let sum = dense[row + features];
  for (let j = 0; j < features; j += 1) sum += dense[row + j] * inputs[input + j];
  return sum;
}

interface Rows {
  readonly first: number;
  readonly count: number;
}

/** Some rows of a matrix as columns, each times its weight. */
function transposed(matrix: Float32Array, width: number, rows: Rows, weights?: ArrayLike<number>): Float32Array {
  const { first, count } = rows;
  const columns = new Float32Array(width * count);
  for (let i = 0; i < count; i += 1) {
    const weight = weights?.[first + i] ?? 1;
    const from = (first + i) * width;
    for (let j = 0; j < width; j += 1) columns[j * count + i] = weight * matrix[from + j];
  }
  return columns;
}

/** Adds a block's C x d sums, and those of its errors (C x count) as bias. */
function addBlock(total: Float64Array, block: Float32Array, errors: Float32Array, count: number, features: number) {
  for (let c = 0; c * features < block.length; c += 1) {
    const row = c * (features + 1);
    for (let j = 0; j < features; j += 1) total[row + j] += block[c * features + j];
    for (let i = 0; i < count; i += 1) total[row + features] += errors[c * count + i];
  }
}

function split(dense: Float64Array, classes: number, features: number) {
  const weights = new Float32Array(classes * features);
  const bias = new Float64Array(classes);
  for (let c = 0; c < classes; c += 1) {
    const row = c * (features + 1);
    weights.set(dense.subarray(row, row + features), c * features);
    bias[c] = dense[row + features];
  }
  return { weights, bias };
}

/** products_i += e_i · (W h_i + b) for a block that begins at `first`, given W h. */
function addErrorProducts(
  products: Float64Array,
  { errors }: RankOneTerm,
  moved: Float32Array,
  bias: Float64Array,
  first: number,
): void {
  const classes = bias.length;
  for (let at = 0; at < moved.length; at += classes) {
    const example = first + at / classes;
    let sum = 0;
    for (let c = 0; c < classes; c += 1) sum += errors[example * classes + c] * (moved[at + c] + bias[c]);
    products[example] += sum;
  }
}
