import { tf } from './backend.ts';
import type { BatchSignals } from './measure-signals.ts';
import { applyStatistics, type RunningStatistic } from './models/layers.ts';
import type { Model, Outputs } from './models/model.ts';
import type { Objective } from './objectives/objective.ts';
import type { PassCounter } from './pass-counter.ts';
import { deriveSeed, type SeedPair } from './random.ts';

/** One attacked mini-batch. */
export interface AttackedBatch {
  /** Clean images [N,H,W,C] in [0,1]. */
  readonly images: tf.Tensor4D;
  /** Attacked images, same shape. */
  readonly adversarial: tf.Tensor4D;
  /** Labels [N,C]. */
  readonly oneHot: tf.Tensor2D;
  /** Weight of each example [N], at least 0; equal ones where absent. */
  readonly weights?: tf.Tensor1D;
}

/** Loss and gradients of one mini-batch. The caller frees the gradients. */
export interface OuterGradients {
  /** sum(w l) / sum(w). */
  readonly loss: number;
  /** Attacked images classified correctly. */
  readonly correct: number;
  /** By weight name. */
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
  /** What the model said of the batch, where asked for; of the clean images only if the objective's outer loss sees them. */
  readonly signals?: BatchSignals;
}

/** What else outerGradients may be told. */
export interface OuterOptions {
  readonly passes?: PassCounter | undefined;
  /** Whether to return signals. */
  readonly signals?: boolean | undefined;
}

/** Least sum of a batch's weights: a batch whose weights are all 0 gives a zero loss, not 0/0. */
const LEAST_WEIGHT_SUM = 1e-12;

function meanLoss(losses: tf.Tensor1D, weights: tf.Tensor1D | undefined): tf.Scalar {
  if (!weights) return tf.mean(losses) as tf.Scalar;
  return tf.div(tf.sum(tf.mul(losses, weights)), tf.maximum(tf.sum(weights), LEAST_WEIGHT_SUM)) as tf.Scalar;
}

/**
 * Gradients of an objective's outer loss with the model in training mode; moves the running statistics once per
 * forward pass, clean before attacked as the releases of TRADES and MART do.
 */
export function outerGradients(
  model: Model,
  objective: Objective,
  batch: AttackedBatch,
  dropoutSeed: SeedPair,
  { passes, signals = false }: OuterOptions = {},
): OuterGradients {
  const n = batch.images.shape[0];
  const statistics: RunningStatistic[] = [];
  const trainable = model.weights.trainable;
  let correct: tf.Scalar | undefined;
  const seen = new Map<string, Outputs>();
  const forward = (x: tf.Tensor4D, pass: string) => {
    passes?.both(n);
    const seed = deriveSeed(BigInt(dropoutSeed[0]), dropoutSeed[1], pass);
    const outputs = model.forward(x, { training: true, statistics, dropoutSeed: seed });
    if (signals) seen.set(pass, { logits: tf.keep(outputs.logits), features: tf.keep(outputs.features) });
    return outputs.logits;
  };
  const { value, grads } = tf.variableGrads(
    () => {
      const clean = objective.outerUsesClean ? forward(batch.images, 'clean') : undefined;
      const adversarial = forward(batch.adversarial, 'adversarial');
      correct = tf.keep(countCorrect(adversarial, batch.oneHot));
      const losses = objective.outerLoss(clean ? { adversarial, clean } : { adversarial }, batch.oneHot);
      return meanLoss(losses, batch.weights);
    },
    trainable.map(({ variable }) => variable),
  );
  applyStatistics(statistics);
  const loss = value.dataSync()[0];
  const hits = correct!.dataSync()[0];
  tf.dispose([value, correct!]);
  return {
    loss,
    correct: hits,
    gradients: new Map(trainable.map(({ name, variable }) => [name, grads[variable.name]])),
    ...(signals && {
      signals: { ...take(seen.get('clean'), 'clean'), ...take(seen.get('adversarial'), 'adversarial') },
    }),
  };
}

/** Reads a pass's outputs and frees them. */
function take<Pass extends 'clean' | 'adversarial'>(outputs: Outputs | undefined, pass: Pass) {
  const read = (tensor: tf.Tensor | undefined) => (tensor ? (tensor.dataSync() as Float32Array) : new Float32Array(0));
  const signals = { [`${pass}Logits`]: read(outputs?.logits), [`${pass}Features`]: read(outputs?.features) };
  if (outputs) tf.dispose([outputs.logits, outputs.features]);
  return signals as Pick<BatchSignals, `${Pass}Logits` | `${Pass}Features`>;
}

/** How many examples have their greatest logit at the label, as a scalar. */
export function countCorrect(logits: tf.Tensor2D, oneHot: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => tf.sum(tf.equal(tf.argMax(logits, -1), tf.argMax(oneHot, -1)).cast('float32')) as tf.Scalar);
}
