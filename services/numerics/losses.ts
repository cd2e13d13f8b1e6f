import { tf } from './backend.ts';

/**
 * Least probability a logarithm is taken of in MART's margin term: float32 rounds 1 - q to 0 above 1 - 6e-8,
 * and the MART paper's loss would be infinite there.
 */
const LEAST_PROBABILITY = 1e-7;

/** Cross-entropy CE(z, y) per example [N]; labels one-hot [N,C]. */
export function crossEntropy(logits: tf.Tensor2D, oneHot: tf.Tensor2D): tf.Tensor1D {
  return tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), oneHot), -1)) as tf.Tensor1D;
}

/** KL(p || q) per example [N], p from clean and q from adversarial logits; gradient flows through both. */
export function klDivergence(cleanLogits: tf.Tensor2D, adversarialLogits: tf.Tensor2D): tf.Tensor1D {
  const logP = tf.logSoftmax(cleanLogits);
  const difference = tf.sub(logP, tf.logSoftmax(adversarialLogits));
  return tf.sum(tf.mul(tf.exp(logP), difference), -1) as tf.Tensor1D;
}

/** Boosted cross-entropy -log q_y - log(1 - max_{k != y} q_k) per example [N] (Wang 2020, equation 7). */
export function boostedCrossEntropy(adversarialLogits: tf.Tensor2D, oneHot: tf.Tensor2D): tf.Tensor1D {
  const others = tf.mul(tf.softmax(adversarialLogits), tf.sub(1, oneHot));
  const margin = tf.log(tf.maximum(tf.sub(1, tf.max(others, -1)), LEAST_PROBABILITY));
  return tf.sub(crossEntropy(adversarialLogits, oneHot), margin) as tf.Tensor1D;
}

/** Probability of the true class p_y per example [N]. */
export function trueClassProbability(logits: tf.Tensor2D, oneHot: tf.Tensor2D): tf.Tensor1D {
  return tf.sum(tf.mul(tf.softmax(logits), oneHot), -1) as tf.Tensor1D;
}
