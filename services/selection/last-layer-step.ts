import { layerOutputs, totalGradient } from './dense-products.ts';
import { rankOneGradients } from './gradients.ts';
import { type MatMul, plainMatMul } from './matmul.ts';
import { type GradientObjective, readsClean } from './objective.ts';
import { type ExampleSignals, takeSignals } from './signals.ts';

/**
 * The signals after the last layer moved from θ = (W, b) to θ − step, C x (d+1) as from `sumGradient`: z − (ΔW·h + Δb)
 * for both kinds of logits that the objective reads. Exact for the given images, as their features don't change; they
 * aren't attacked anew.
 */
export async function stepLastLayer(
  signals: ExampleSignals,
  objective: GradientObjective,
  step: Float64Array,
  matMul: MatMul = plainMatMul,
): Promise<ExampleSignals> {
  const { cleanLogits, cleanFeatures } = signals;
  const shift = (logits: Float32Array, inputs: Float32Array) => shiftLogits(signals, logits, inputs, step, matMul);
  const adversarialLogits = await shift(signals.adversarialLogits, signals.adversarialFeatures);
  const shifted = { ...signals, adversarialLogits };
  if (!readsClean(objective.kind)) return shifted;
  if (cleanLogits === undefined || cleanFeatures === undefined) {
    throw new RangeError('TRADES and MART need clean logits and features');
  }
  return { ...shifted, cleanLogits: await shift(cleanLogits, cleanFeatures) };
}

/** Examples stepped at once: some tens of MiB at 1,000 classes. */
const BLOCK = 2048;

/** ∇L(θ − step): the mean gradient of the objective over the given examples after the step, C x (d+1). */
export async function gradientAfterStep(
  signals: ExampleSignals,
  objective: GradientObjective,
  step: Float64Array,
  matMul: MatMul = plainMatMul,
): Promise<Float64Array> {
  const { examples } = signals;
  const mean = new Float64Array(step.length);
  for (let first = 0; first < examples; first += BLOCK) {
    const rows = Uint32Array.from({ length: Math.min(BLOCK, examples - first) }, (_, i) => first + i);
    const stepped = await stepLastLayer(takeSignals(signals, rows), objective, step, matMul);
    const sum = await totalGradient(rankOneGradients(stepped, objective), matMul);
    for (let j = 0; j < mean.length; j += 1) mean[j] += sum[j] / examples;
  }
  return mean;
}

/** z − (ΔW·h + Δb). */
async function shiftLogits(
  { examples, classes, features }: ExampleSignals,
  logits: Float32Array,
  inputs: Float32Array,
  step: Float64Array,
  matMul: MatMul,
): Promise<Float32Array> {
  const shifts = await layerOutputs({ inputs, examples, classes, features }, step, matMul);
  return logits.map((logit, at) => logit - shifts[at]);
}
